//! Which connection is used: the configuration first, then what is stored, then the environment. Pure.

use tajo_core::{Error, codes};
use tajo_state::Stored;

use super::nearest::nearest;
use super::normal::{Config, Connection, Region};
use crate::connections::INTERCOM;

/// See [`super::Settings::ANY_CONNECTION`]: a name has no such character.
pub(super) const ANY_CONNECTION: &str = "\0any";

/// `flag`, else the connector's, else the only one. `config` has the tokens of the file alone.
pub(super) fn choose(config: &Config, stored: &[Stored], flag: Option<&str>, has_token: bool) -> Result<Connection, Error> {
    if flag == Some(ANY_CONNECTION) {
        return Ok(Connection::named(""));
    }
    let stored: Vec<&Stored> = stored.iter().filter(|stored| stored.platform == INTERCOM).collect();
    clashes(config, &stored)?;
    let wanted = flag.or(config.intercom.connection.as_deref());
    let configured = match (wanted, config.connections.as_slice()) {
        (Some(name), connections) => connections.iter().find(|c| c.name == name),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    let kept = |name: &str| stored.iter().find(|stored| stored.name == name);
    match configured {
        Some(found) if found.token.is_some() => return Ok(found.clone()),
        Some(found) => {
            if let Some(stored) = kept(&found.name) {
                return Ok(joined(found.clone(), stored));
            }
            // Nobody said which one, and this one has no token of its own.
            return match (flag, stored.as_slice()) {
                (Some(_), _) | (None, []) => Ok(found.clone()),
                (None, [only]) => Ok(joined(Connection::named(&only.name), only)),
                (None, _) if has_token => Ok(found.clone()),
                (None, _) => Err(undecided(config, &stored)),
            };
        }
        None => {}
    }
    match wanted {
        None => Err(undecided(config, &stored)),
        Some(name) => match kept(name) {
            Some(stored) => Ok(joined(Connection::named(name), stored)),
            None => Err(unknown(name, config, &stored)),
        },
    }
}

/// The connection with its token from the store, and with what was found out about it.
fn joined(connection: Connection, stored: &Stored) -> Connection {
    Connection {
        stored: true,
        region: connection.region.or(stored.region.as_deref().and_then(Region::find)),
        api_version: connection.api_version.or_else(|| stored.api_version.clone()),
        ..connection
    }
}

/// A name that leads to two tokens leads astray.
fn clashes(config: &Config, stored: &[&Stored]) -> Result<(), Error> {
    let twice = config.connections.iter().filter(|c| c.token.is_some()).find(|c| stored.iter().any(|s| s.name == c.name));
    let Some(there) = twice else { return Ok(()) };
    let place = format!("{}:{}:{}", config.path, there.place.line, there.place.column);
    Err(Error::new(&codes::CFG_TWICE, format!("The connection `{}` is in the configuration and in the store", there.name))
        .note("configuration", place)
        .note("store", "state.db in Tajo's home")
        .help(format!("Rename the one, or remove the other with `tajo connectors disconnect {}`.", there.name)))
}

/// Every name there is, the configuration's first.
fn names<'a>(config: &'a Config, stored: &[&'a Stored]) -> Vec<&'a str> {
    let own: Vec<&str> = config.connections.iter().map(|c| c.name.as_str()).collect();
    // Without a file and with stored ones, the environment's name is nobody's choice.
    let is_ours = |name: &&str| !config.path.is_empty() || stored.is_empty() || *name != INTERCOM;
    let mut names: Vec<&str> = own.into_iter().filter(is_ours).collect();
    for stored in stored {
        if !names.contains(&stored.name.as_str()) {
            names.push(&stored.name);
        }
    }
    names
}

fn undecided(config: &Config, stored: &[&Stored]) -> Error {
    Error::new(&codes::CFG_MISSING, "There are several connections and none is chosen")
        .note("connections", names(config, stored).join(", "))
        .help("Choose one with `--connection NAME`, or with `connection: NAME` under `connectors.intercom`.")
}

fn unknown(name: &str, config: &Config, stored: &[&Stored]) -> Error {
    let names = names(config, stored);
    let help = match nearest(name, &names).first() {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "Use one of the connections named above, or make one with `tajo connectors connect intercom --name NAME`.".into(),
    };
    Error::new(&codes::USAGE, "There is no connection of the name given with --connection")
        .note("connections", names.join(", "))
        .help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(name: &str) -> Stored {
        Stored {
            name: name.into(),
            platform: INTERCOM.into(),
            kind: "token".into(),
            region: Some("eu".into()),
            api_version: None,
            workspace_id: None,
            workspace: None,
            hint: String::new(),
            connected_at: String::new(),
            sealed: Vec::new(),
        }
    }

    fn config(of: &[(&str, bool)]) -> Config {
        let connection = |(name, has_token): &(&str, bool)| Connection {
            token: has_token.then(|| "tok".to_string().into()),
            ..Connection::named(*name)
        };
        Config { path: "tajo.yml".into(), connections: of.iter().map(connection).collect(), ..Config::default() }
    }

    fn chosen(config: &Config, names: &[&str], flag: Option<&str>, has_token: bool) -> Result<(String, bool), &'static str> {
        let stored: Vec<Stored> = names.iter().map(|name| stored(name)).collect();
        let chosen = choose(config, &stored, flag, has_token);
        chosen.map(|c| (c.name.clone(), c.stored)).map_err(|error| error.code().id)
    }

    #[test]
    fn the_configuration_comes_before_the_store_and_the_store_before_the_environment() {
        let plain = config(&[("intercom", false)]);
        let own = config(&[("main", true)]);
        for (config, names, flag, has_token, expect) in [
            (&plain, &[][..], None, true, Ok(("intercom", false))),
            (&plain, &["acme"], None, true, Ok(("acme", true))),
            (&plain, &["intercom"], None, true, Ok(("intercom", true))),
            (&plain, &["acme"], Some("intercom"), true, Ok(("intercom", false))),
            (&plain, &["acme", "beta"], None, true, Ok(("intercom", false))),
            (&plain, &["acme", "beta"], None, false, Err("TJ-CFG-MISSING")),
            (&plain, &["acme", "beta"], Some("beta"), true, Ok(("beta", true))),
            (&own, &["acme"], None, true, Ok(("main", false))),
            (&own, &["acme"], Some("acme"), true, Ok(("acme", true))),
            (&own, &["acme"], Some("acne"), true, Err("TJ-CFG-USAGE")),
            (&own, &["main"], None, true, Err("TJ-CFG-TWICE")),
            (&own, &["main"], Some(ANY_CONNECTION), true, Ok(("", false))),
        ] {
            let got = chosen(config, names, flag, has_token);
            assert_eq!(got, expect.map(|(name, stored)| (name.to_string(), stored)), "{names:?} {flag:?}");
        }
    }

    #[test]
    fn a_name_nobody_knows_is_answered_with_near_ones_of_both_places() {
        let (config, kept) = (config(&[("main", true)]), [stored("acme")]);
        for (asked, near) in [("acm", "acme"), ("mian", "main")] {
            let error = choose(&config, &kept, Some(asked), false).err().unwrap();
            assert!(error.remedy().contains(near), "{error:?}");
            assert_eq!(error.noted("connections"), Some("main, acme"));
        }
    }
}
