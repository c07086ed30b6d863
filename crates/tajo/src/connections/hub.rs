//! Where Intercom's own side of a connection is set up, in its words.

/// Apps are made and changed here.
pub const DEVELOPER_HUB: &str = "https://app.intercom.com/a/apps/_/developer-hub";
/// The reference of the API.
pub const REST_REFERENCE: &str = "https://developers.intercom.com/docs/references/introduction";
/// How OAuth is set up.
pub const OAUTH_GUIDE: &str =
    "https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/setting-up-oauth";
/// What helps where a token is refused.
pub const TOKEN_HELP: &str = "Copy the token again: Developer Hub > Your Apps > your app > Configure > Authentication, or Test & Publish > \
    Your Workspaces (https://app.intercom.com/a/apps/_/developer-hub).";
