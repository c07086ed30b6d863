//! Every error code the program can print, in one table: `tajo explain <code>` and the reference page are folds over it.

use crate::error::Kind;

/// A published error code.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `TJ-<AREA>-<NAME>`; AREA is CFG, AUTH, INT, BRV, DST, STA, NET or SEC.
    pub id: &'static str,
    /// The situation, which decides exit code and retry.
    pub kind: Kind,
    /// What it means, one sentence.
    pub meaning: &'static str,
    /// What the reader can do.
    pub action: &'static str,
}

macro_rules! codes {
    ($($name:ident = $id:literal, $kind:ident, $meaning:literal, $action:literal;)*) => {
        $(#[doc = $meaning] pub static $name: Code = Code { id: $id, kind: Kind::$kind, meaning: $meaning, action: $action };)*
        /// All codes, in the order of the reference page.
        pub static CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    USAGE = "TJ-CFG-USAGE", Usage, "A flag or argument of the command line has a value that cannot be used.", "See `tajo <command> --help`.";
    INPUT = "TJ-CFG-INPUT", Usage, "The input of an action is missing, unknown or of the wrong type; nothing was sent.", "Mend the field that the message names; `tajo actions describe ACTION` shows all of them.";
    ACTION = "TJ-CFG-ACTION", Usage, "There is no action of that name.", "See `tajo actions list`.";
    CFG_FILE = "TJ-CFG-FILE", Config, "The configuration file cannot be read.", "Check the path, or write a new file with `tajo init`.";
    CFG_SYNTAX = "TJ-CFG-SYNTAX", Config, "The configuration is not valid YAML, or its indentation was lost.", "Mend the marked line; `tajo init` writes a complete example.";
    CFG_KEY = "TJ-CFG-KEY", Config, "The configuration has a key that nothing reads.", "Mend the spelling or remove the line; `tajo config show` prints the keys in force.";
    CFG_VALUE = "TJ-CFG-VALUE", Config, "A value in the configuration is of the wrong type or outside its choices.", "Use one of the values that the message lists.";
    CFG_MISSING = "TJ-CFG-MISSING", Config, "A required setting is absent.", "Add the key that the message names.";
    CFG_ENV = "TJ-CFG-ENV", Config, "The configuration names an environment variable that is not set.", "Set the variable, or write the value another way; an unset variable is never taken as empty.";
    CFG_TWICE = "TJ-CFG-TWICE", Config, "The same setting stands in two places.", "Keep one of the two positions named.";
    CFG_RESOURCE = "TJ-CFG-RESOURCE", Config, "A resource of that name does not exist.", "Use a name of `tajo tables`.";
    CFG_VERSION = "TJ-CFG-VERSION", Config, "The Intercom API version is unknown.", "Use one of 2.7 to 2.17; `tajo connectors describe intercom` shows what each can do.";
    CFG_REGION = "TJ-CFG-REGION", Config, "The region is not us, eu or au, or is not the workspace's.", "Set `region` (or `--region`) to the region the workspace lives in.";
    CFG_ORIGIN = "TJ-CFG-ORIGIN", Config, "A base URL points at something other than a loopback address.", "Use http://127.0.0.1:PORT (a twin or a proxy of your own), or remove the setting.";
    CFG_DESTINATION = "TJ-CFG-DEST", Config, "The destination URL is not understood.", "Use sqlite:///path/to/file.db, or sqlite:file.db for a relative path.";
    AUTH_NONE = "TJ-AUTH-NONE", Auth, "No access token was given.", "Create one: Developer Hub > Your Apps > Create new app > Authentication (https://app.intercom.com/a/apps/_/developer-hub), then export INTERCOM_ACCESS_TOKEN.";
    AUTH_TOKEN = "TJ-AUTH-401", Auth, "Intercom refused the access token: it is wrong, revoked, or its app was uninstalled.", "Create a new token in Developer Hub > Your Apps > your app > Configure > Authentication, or Test & Publish > Your Workspaces (https://app.intercom.com/a/apps/_/developer-hub), then run `tajo connectors test intercom`.";
    AUTH_SCOPE = "TJ-AUTH-SCOPE", Denied, "The token is good but its app lacks a permission.", "Tick the permission that the message names in Developer Hub > Authentication, then run again; other resources were loaded.";
    AUTH_PLAN = "TJ-AUTH-PLAN", Denied, "The workspace's plan does not include this part of the API.", "Leave the resource out, or change the plan.";
    INT_MISSING = "TJ-INT-404", Missing, "Intercom does not have that object (any more).", "Nothing to do where it was deleted or merged meanwhile.";
    INT_CONFLICT = "TJ-INT-409", Conflict, "Intercom has an object with these details already.", "Use the existing object.";
    INT_INVALID = "TJ-INT-INVALID", Invalid, "Intercom refused the request.", "Report this with the request id: the request should not have been sent.";
    INT_VERSION = "TJ-INT-VERSION", Config, "Intercom does not offer this in the API version in use.", "Set `api_version` to a version that has it; `tajo connectors describe intercom` lists them.";
    INT_THROTTLED = "TJ-INT-429", Throttled, "Intercom's rate limit was reached and waiting did not help.", "Run again later, or find out which other program shares the token.";
    INT_SHORT = "TJ-INT-SHORT", Incomplete, "A listing ended before the number of records that Intercom itself counts.", "Run again; if it persists, report it with the request id. Nothing was deleted and the watermark did not move.";
    INT_SCROLL = "TJ-INT-SCROLL", Incomplete, "Another program holds Intercom's only company scroll.", "Stop the other program (one scroll is allowed per app) or run again later.";
    INT_DRIFT = "TJ-INT-DRIFT", Drift, "Intercom's answer does not have the shape that its documentation gives.", "Report this with the request id; nothing was lost, the next run reads it again.";
    INT_EXPORT = "TJ-INT-EXPORT", Incomplete, "A data export of Intercom failed, did not end in time, or another one of the workspace was under way for too long.", "Run again when no other export is under way; Intercom runs one at a time for each workspace.";
    INT_LARGE = "TJ-INT-LARGE", Incomplete, "One record is larger than the cap on answers.", "The record is listed as unreadable; the rest was loaded.";
    BRV_NONE = "TJ-BRV-NONE", Config, "Brevo is configured, but no API key was given.", "Create one in Brevo (SMTP & API > API keys), then export BREVO_API_KEY.";
    BRV_AUTH = "TJ-BRV-401", Auth, "Brevo refused the credentials: the key is unknown, expired or switched off.", "Create a new key in Brevo (SMTP & API > API keys), then run `tajo connectors test brevo`.";
    BRV_IP = "TJ-BRV-IP", Auth, "Brevo refuses this machine's IP address.", "Authorise the address in Brevo (Security > Authorised IPs), or follow the link that Brevo mailed.";
    BRV_DENIED = "TJ-BRV-403", Denied, "The Brevo key or plan does not allow this.", "Use a key with the permission named, or a plan that has the feature.";
    BRV_MISSING = "TJ-BRV-404", Missing, "Brevo does not have that object (any more).", "Nothing to do where it was deleted meanwhile.";
    BRV_TAKEN = "TJ-BRV-TAKEN", Conflict, "An identifier (e-mail, phone, external id) belongs to another Brevo contact.", "Find the other contact in Brevo and correct one of the two; the rest of the record was not lost.";
    BRV_INVALID = "TJ-BRV-INVALID", Invalid, "Brevo refused the request.", "See the message above; the record is listed as failed and is tried again when it changes.";
    BRV_EARLY = "TJ-BRV-425", Transient, "Brevo is still processing that contact.", "Run again; the record is tried again.";
    BRV_THROTTLED = "TJ-BRV-429", Throttled, "Brevo's rate limit was reached; most of its API allows 100 calls an hour.", "Run again later: what was written is kept, the rest is planned again.";
    BRV_DRIFT = "TJ-BRV-DRIFT", Drift, "Brevo's answer does not have the shape that its documentation gives.", "Report this; nothing was lost, the next run reads it again.";
    BRV_ACCOUNT = "TJ-BRV-ACCOUNT", Config, "Brevo's credentials belong to another account than the one that was synced before; its links would lead to other people.", "Use a key of the account before, or give the other account a TAJO_HOME of its own: people who are there already are found by their address.";
    BRV_LIST = "TJ-BRV-LIST", Config, "The configuration names a Brevo list that does not exist.", "Use an id of Brevo (Contacts > Lists); nothing was written.";
    BRV_ATTRIBUTE = "TJ-BRV-ATTR", Config, "A Brevo attribute has another type than the field mapped to it, so Brevo would drop the values without a word.", "Map the field to an attribute of its type, or convert it with `as:`; nothing was written.";
    BRV_IMPORT = "TJ-BRV-IMPORT", Incomplete, "Brevo's import failed or did not end.", "Run again: what the import did is read back first, the rest is planned again.";
    BRV_DROPPED = "TJ-BRV-DROPPED", Incomplete, "Brevo took a write but does not show the value.", "Compare the attribute's type in Brevo with the mapping (`tajo mapping check`).";
    NET_CONNECT = "TJ-NET-CONNECT", Transient, "The connection to the platform failed.", "Check the network, HTTPS_PROXY and TAJO_CA_FILE; run again, the next run continues where this one stopped.";
    NET_TIMEOUT = "TJ-NET-TIMEOUT", Transient, "The platform did not answer in time.", "Run again; the next run continues where this one stopped.";
    NET_SERVER = "TJ-NET-5XX", Transient, "The platform failed on its side.", "Run again later; see https://www.intercomstatus.com. The next run continues where this one stopped.";
    NET_BODY = "TJ-NET-BODY", Transient, "The answer was cut, empty or not JSON.", "Run again; the next run continues where this one stopped.";
    NET_CA = "TJ-NET-CA", Config, "The file of extra certificate authorities cannot be used.", "Give a PEM file in TAJO_CA_FILE.";
    DST_OPEN = "TJ-DST-OPEN", Storage, "The destination cannot be opened or written.", "Check that the path exists and can be written.";
    DST_FULL = "TJ-DST-FULL", Storage, "The disk is full.", "Make room and run again; everything committed so far is kept.";
    DST_FAILED = "TJ-DST-FAILED", Storage, "The destination refused a write.", "Run again; if it persists, report the cause printed above.";
    DST_WORKSPACE = "TJ-DST-WORKSPACE", Config, "The destination holds the data of another workspace.", "Use another file, or the token of the workspace named.";
    DST_SHAPE = "TJ-DST-SHAPE", Storage, "A table was altered by hand so that rows no longer fit.", "Rename or drop the table named, then run with `--type full`.";
    STA_BUSY = "TJ-STA-BUSY", Busy, "Another process is at work on the same destination or connection.", "Wait for it to end, or stop it.";
    STA_FENCED = "TJ-STA-FENCED", Busy, "Another process took over this destination while we were running.", "Nothing was lost: the other process continues from the last commit.";
    STA_CORRUPT = "TJ-STA-CORRUPT", State, "The stored state is damaged.", "Restore the file from a backup, or move it away and sync again from zero; nothing was changed.";
    STA_NEWER = "TJ-STA-NEWER", State, "The stored state was written by a newer version of Tajo.", "Use that version or a newer one; nothing was changed.";
    STA_BRAKE = "TJ-STA-BRAKE", Conflict, "The plan changes more than the brakes allow; nothing was written.", "Look at it with `tajo plan show`, then run `tajo apply` on that plan if it is what you want.";
    STA_FIRST = "TJ-STA-FIRST", Usage, "The first run writes to a platform only after a yes.", "Look at the plan with `tajo plan`, then run again with `--yes`.";
    STA_PLAN = "TJ-STA-PLAN", Config, "The plan cannot be applied: it is unreadable, applied already, or the configuration changed since.", "Make a new one with `tajo plan`.";
    STA_MOVED = "TJ-STA-MOVED", Conflict, "A record changed after the plan was made, so its entry was not applied.", "Make a new plan: `tajo plan`.";
    STA_UNKNOWN = "TJ-STA-UNKNOWN", Incomplete, "The outcome of a write is unknown, and it may not be sent twice.", "Look at the record in both platforms; it is not sent again by itself.";
    SEC_KEY = "TJ-SEC-KEY", Auth, "The API key is missing, unknown, revoked or expired.", "Make one with `tajo keys create` and send it as `Authorization: Bearer KEY`.";
    SEC_SCOPE = "TJ-SEC-SCOPE", Denied, "The API key is good but may not do this.", "Use a key with the scope that the message names: `tajo keys create --scope SCOPE`.";
    SEC_ORIGIN = "TJ-SEC-ORIGIN", Denied, "The request came for a host, or from a page, that this server does not serve.", "Use the address that `tajo serve` prints, or name yours with `--public-url`.";
    SEC_TARGET = "TJ-SEC-TARGET", Usage, "A request would leave the connection's own origin, or carry a header that is not the caller's to set; nothing was sent.", "Give a path such as `/contacts`, or a URL of the connection's own host.";
    SEC_CONSENT = "TJ-SEC-CONSENT", Denied, "A write was asked for without consent; nothing was sent.", "Confirm it when asked, or start `tajo mcp --allow-writes`.";
    SEC_OAUTH = "TJ-SEC-OAUTH", Auth, "The authorisation did not come to its end, or its state is wrong, used or expired; nothing was stored.", "Start again with `tajo connectors connect intercom --oauth`.";
    SEC_SEAL = "TJ-SEC-SEAL", State, "A stored secret cannot be opened: the key is missing or another one.", "Give the key it was sealed with (TAJO_MASTER_KEY_FILE), or connect again.";
    STA_DESTRUCTIVE = "TJ-STA-DESTRUCTIVE", Usage, "A destructive step needs an explicit permission.", "Run again with `--allow-destructive` if that is what you want.";
    CFG_FIELD = "TJ-CFG-FIELD", Config, "The mapping names a field that does not exist.", "Use one of the fields the message lists; `tajo mapping check` shows all.";
    INTERRUPTED = "TJ-STA-INT", Interrupted, "The run was interrupted.", "Run the same command again: it continues from the last commit.";
    PARTIAL = "TJ-STA-PARTIAL", Incomplete, "Some resources could not be completed; the others were loaded.", "See the errors of each resource.";
    BUG = "TJ-STA-BUG", Bug, "An assumption of Tajo's own does not hold.", "Please report it; nothing was lost, the next run continues from the last commit.";
}

/// The code of that name, in any case.
pub fn find(id: &str) -> Option<&'static Code> {
    CODES.iter().copied().find(|code| code.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_fit_to_print() {
        for (at, code) in CODES.iter().enumerate() {
            let parts: Vec<_> = code.id.splitn(3, '-').collect();
            assert_eq!(parts[0], "TJ", "{}", code.id);
            assert!(["CFG", "AUTH", "INT", "BRV", "DST", "STA", "NET", "SEC"].contains(&parts[1]), "{}", code.id);
            assert!(code.meaning.ends_with('.') && code.action.ends_with('.'), "{}", code.id);
            assert!(CODES[..at].iter().all(|earlier| earlier.id != code.id), "{} stands twice", code.id);
        }
        assert_eq!(find("tj-auth-401"), Some(&AUTH_TOKEN));
    }
}
