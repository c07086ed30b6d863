//! The input "Connection" of every action: chosen by name, the only one where nothing is said, near names where there is none.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use std::net::{Ipv4Addr, SocketAddr};

use desk::{Desk, small};
use tajo::actions::entries;
use tajo_sim::{Options, Town};

const SEED: [&str; 25] = [
    "archive_contact",
    "attach_company_to_contact",
    "attach_tag_to_contact",
    "create_company",
    "create_contact",
    "create_tag",
    "create_ticket",
    "delete_company",
    "delete_contact",
    "delete_tag",
    "detach_company_from_contact",
    "detach_tag_from_contact",
    "get_company",
    "get_contact",
    "list_companies",
    "list_contacts",
    "list_tags",
    "list_ticket_types",
    "raw_request",
    "retrieve_ticket",
    "search_contacts",
    "unarchive_contact",
    "update_company",
    "update_contact",
    "update_tag",
];

/// A second workspace on a port of its own.
fn another(desk: &Desk) -> (Town, String) {
    let town = Town::new(Options { seed: 2, ..small() });
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let bound = desk.wait_for(async {
        let (bound, serving) = tajo_sim::serve(town.clone(), any).await.unwrap();
        tokio::spawn(serving);
        bound
    });
    (town, format!("http://{bound}"))
}

fn connection(name: &str, url: &str) -> String {
    format!("    - name: {name}\n      access_token: ${{INTERCOM_ACCESS_TOKEN}}\n      base_url: {url}\n")
}

// Shows: P-015, P-018, P-022, P-026, P-036, P-047, P-054, P-056, P-059, P-062, P-065, P-069, P-073, P-076, P-088, P-095.
// Shows: P-097, P-099, P-101, P-118, P-120, P-127, P-130, P-140, P-152.
#[test]
fn every_seed_action_goes_to_the_connection_of_that_name_and_to_no_other() {
    let mut desk = Desk::new(small());
    desk.set("TAJO_INTERCOM_BASE_URL", None);
    let (second, url) = another(&desk);
    let (one, two) = (connection("acme", &desk.url), connection("globex", &url));
    let calls = || (desk.town.calls().len(), second.calls().len());
    let entries = entries();
    for alias in SEED {
        let entry = entries.iter().find(|entry| entry.facts.alias == alias).unwrap_or_else(|| panic!("there is no {alias}"));
        let run = |more: &[&str]| {
            let args = ["actions", "run", alias, "--input", entry.facts.example, "--allow-destructive"];
            desk.tajo(&[&args[..], more].concat())
        };
        // Two connections, one named: what the objects of the example lack is that workspace's affair.
        desk.config(&format!("connections:\n  intercom:\n{one}{two}"));
        let before = calls();
        run(&["--connection", "globex"]);
        assert!(calls().0 == before.0 && calls().1 > before.1, "{alias}: {before:?} {:?}", calls());
        let before = calls();
        run(&["--connection", "acme"]);
        assert!(calls().0 > before.0 && calls().1 == before.1, "{alias}: {before:?} {:?}", calls());
        // No name among two, and a name that is none: nothing leaves.
        let before = calls();
        let ran = run(&[]).ended(78);
        assert!(ran.err.contains("acme, globex") && ran.err.contains("--connection"), "{alias}: {}", ran.err);
        let ran = run(&["--connection", "globx"]).ended(2);
        assert!(ran.err.contains("Did you mean `globex`?") && ran.err.contains("acme, globex"), "{alias}: {}", ran.err);
        let (noun, verb) = (entry.facts.noun().replace('_', "-"), entry.facts.verb().replace('_', "-"));
        let direct =
            desk.tajo(&[&noun, &verb, "--input", entry.facts.example, "--connection", "acne", "--allow-destructive"]).ended(2);
        assert!(direct.err.contains("Did you mean `acme`?"), "{alias}: {}", direct.err);
        assert_eq!(calls(), before, "{alias}");
        // The only one needs no name.
        desk.config(&format!("connections:\n  intercom:\n{two}"));
        run(&[]);
        assert!(calls().0 == before.0 && calls().1 > before.1, "{alias}: {before:?} {:?}", calls());
    }
}
