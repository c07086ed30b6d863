//! Files of failures: no credentials, no redirects.

use tajo_core::codes;
use tajo_core::rest::{Broken, How};

use super::script::{Script, reply};
use crate::{FailureKind, Process};

const DONE: &str = r#"{"id":78,"name":"IMPORTUSER","status":"completed","info":{"import":{
    "invalid_emails":"https://files.brevo.example/invalid.csv?sig=canary","duplicate_email_id":null,"duplicate_contact_id":0,
    "duplicate_phone_id":"https://files.brevo.example/phones.csv"}}}"#;

async fn done(script: &std::sync::Arc<Script>) -> Process {
    script.client().process(78).await.unwrap().unwrap()
}

#[tokio::test(start_paused = true)]
async fn files_come_from_another_origin_without_credentials() {
    let script = Script::new(|n, request| match request.uri().path() {
        "/invalid.csv" if n == 1 => reply(503, ""),
        "/invalid.csv" if n == 2 => Err(Broken::new(How::Body, "cut")),
        "/invalid.csv" => reply(200, "EMAIL\nada@\n"),
        "/phones.csv" => reply(200, "EMAIL;SMS\nbob@town.example;491511\n"),
        _ => reply(200, DONE),
    });
    let process = done(&script).await;
    assert!(!format!("{process:?}").contains("canary"));
    let read: Vec<_> = script.client().failures(&process).await.into_iter().map(|(kind, file)| (kind, file.unwrap())).collect();
    let expect =
        [(FailureKind::InvalidEmails, vec!["ada@".to_owned()]), (FailureKind::DuplicatePhoneId, vec!["491511".to_owned()])];
    assert_eq!(read, expect);
    let seen = script.seen();
    assert_eq!(seen.len(), 5);
    assert_eq!(seen[0].headers()["api-key"], "canary-key");
    for request in &seen[1..] {
        let names: Vec<_> = request.headers().keys().map(|name| name.as_str()).collect();
        assert_eq!(names, ["user-agent"]);
        assert_eq!(request.uri().host(), Some("files.brevo.example"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_or_a_foreign_address_is_refused() {
    for (status, code) in [(302, &codes::BRV_DRIFT), (403, &codes::BRV_MISSING), (500, &codes::NET_SERVER)] {
        let script = Script::new(move |n, _| if n == 0 { reply(200, DONE) } else { reply(status, "") });
        let process = done(&script).await;
        let read = script.client().failures(&process).await;
        assert_eq!(read.len(), 2, "each file is tried");
        for (_, file) in read {
            let error = file.unwrap_err();
            assert_eq!(error.code(), code);
            assert!(!format!("{error:?}").contains("canary"));
        }
        assert_eq!(script.seen().len(), if status == 500 { 7 } else { 3 });
    }
    let script = Script::always(200, "EMAIL\n");
    for url in ["http://files.brevo.example/a.csv", "http://127.0.0.1:9/a.csv", "https://169.254.169.254/a"] {
        let mut process = done(&Script::always(200, DONE)).await;
        process.failures = vec![(FailureKind::InvalidEmails, url.to_owned())];
        assert_eq!(script.client().failures(&process).await[0].1.as_ref().unwrap_err().code(), &codes::BRV_DRIFT, "{url}");
    }
    assert!(script.seen().is_empty());
}
