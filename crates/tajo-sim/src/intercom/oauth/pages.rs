//! The pages that a person sees.

/// Text as it stands in HTML, in attributes too.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body><main><h1>{title}</h1>\n{body}\n</main></body></html>\n"
    )
}

/// Asks whether the app may have the workspace.
pub(super) fn consent(workspace: &str, client: &str, state: &str, redirect_uri: &str) -> String {
    let hidden = [("client_id", client), ("state", state), ("redirect_uri", redirect_uri)]
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value)))
        .concat();
    let body = format!(
        "<p>An app asks for access to the workspace <strong>{}</strong>.</p>\n<form method=\"post\" action=\"/oauth/authorize\">{hidden}\n<button type=\"submit\" name=\"decision\" value=\"authorize\">Authorize access</button>\n<button type=\"submit\" name=\"decision\" value=\"cancel\">Cancel</button></form>",
        escaped(workspace)
    );
    page("Authorize access", &body)
}

/// Says what is wrong with the request; nobody is sent anywhere.
pub(super) fn refusal(why: &str) -> String {
    page("This app cannot be connected", &format!("<p role=\"alert\">{}</p>", escaped(why)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_the_address_is_no_markup() {
        let html = consent("A & B", "x\"><script>", "'s'", "http://localhost/?a=<");
        assert!(html.contains("A &amp; B") && !html.contains("<script>") && html.contains("&quot;&gt;&lt;script&gt;"));
        assert!(html.contains("value=\"&#39;s&#39;\"") && html.contains("http://localhost/?a=&lt;"));
    }
}
