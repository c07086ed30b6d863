//! The words of `tajo --help`, grouped by purpose. A test holds them against the real commands.

/// One sentence.
pub const ABOUT: &str = "Tajo keeps a company's Intercom in step with its warehouse and with Brevo.";

/// Our own order: purpose first, flags after.
pub const TEMPLATE: &str = "{about}

{usage-heading} {usage}

{before-help}Global options:
{options}{after-help}";

/// The commands by purpose.
pub const COMMANDS: &str = "Start:
  demo                        Show a whole sync, without an account or a network
  init                        Write a commented tajo.yml that works as it is
  connectors connect NAME     Check a token, or ask by OAuth; seal and store it
  connectors test intercom    Check token, region and permissions
  connectors scopes intercom  The permissions that Intercom's app needs

Sync:
  connectors sync intercom    Load what changed into the destination, then bring Brevo in step
  connectors status           When each resource was last loaded, and how far it is
  connectors list             The platforms Tajo connects
  connectors export intercom  Content data of some days, as Intercom's own file
  connectors describe NAME    Resources, guarantees and API versions of one platform
  tables                      The tables that a sync writes, and their keys

Intercom and Brevo:
  plan                        What a sync would write to Brevo, without writing it
  apply [PLAN]                Carry out a plan, refusing what changed since
  mapping check               Compare the field mapping with both platforms
  mapping try CONTACT         What becomes of one person
  conflicts list              Fields that both sides changed and that wait for you
  why CONTACT [FIELD]         Where a value came from, or why a person was skipped
  verify                      How far the two sides are apart
  heal                        A plan that repairs what verify found
  undo RUN                    Take back what a run wrote
  consent resubscribe         Allow e-mail again for one person, in both platforms
  erase --email ADDRESS       Erase a person from both platforms, with proof

Actions:
  actions list                Everything that can be asked of Intercom, and its inputs
  actions describe ACTION     What one does, with permissions and an example
  actions run ACTION          Ask for it: input as flags, JSON or stdin
  contacts list|get|create    The same by commands of their own, as for every noun below
  requests raw                Any other request, also as `raw GET /contacts?per_page=2`

Configuration:
  config check                Report every mistake in tajo.yml at once
  config show                 Print the configuration in force, secrets masked
  config fmt                  Put tajo.yml into its canonical layout, comments included

Tools:
  doctor                      Check everything a sync needs, on one page
  explain [CODE]              What an error code means and what to do
  sim                         Twins of Intercom and Brevo on this machine, for trials
  mcp                         Serve the actions as tools of an agent
  serve                       Serve the actions over HTTP, with a reference page
  keys create --name NAME     A key for the HTTP API; also keys list, keys revoke
  completion SHELL            Completion for bash, zsh, fish, elvish or powershell";

/// What `-h` ends with.
pub const AFTER_SHORT: &str = "`tajo --help` also shows examples, environment variables and exit codes.";

/// What `--help` ends with.
pub const AFTER_LONG: &str = "Examples:
  tajo demo
  export INTERCOM_ACCESS_TOKEN=…
  tajo connectors test intercom --region eu
  tajo connectors sync intercom --to sqlite:///tmp/intercom.db
  tajo connectors sync intercom --resources contacts,companies --since 2026-01-01
  tajo init && tajo config check
  tajo demo --brevo
  tajo plan && tajo apply

Environment:
  INTERCOM_ACCESS_TOKEN       Access token, where the configuration has none
  BREVO_API_KEY               Brevo's API key, where the configuration has none
  INTERCOM_CLIENT_SECRET      Client secret of the app whose webhooks `serve` takes
  TAJO_HOME                   Tajo's own files; default $XDG_DATA_HOME/tajo
                              or ~/.local/share/tajo
  TAJO_MASTER_KEY_FILE        Key of stored tokens; also TAJO_MASTER_KEY, _COMMAND
  TAJO_LOG                    Log filter, such as `debug` or `tajo=trace`
  TAJO_CA_FILE                PEM file of extra certificate authorities
  TAJO_INTERCOM_BASE_URL      Address of a twin or proxy on this machine
  TAJO_BREVO_BASE_URL         The same for Brevo; ends in /v3
  HTTPS_PROXY, NO_PROXY       Proxy of your network
  NO_COLOR, CI                No colour; no questions
  Access tokens are never taken as a flag: flags show up in process lists.

Exit codes:
    0  done                                  74  disk or destination
    1  failed                                75  state in use by another process
    2  the command line is wrong             77  authentication or missing permission
    5  stopped by a budget or a time limit   78  the configuration is not valid
    6  partial: some resources incomplete   130  interrupted
   10  changes present";
