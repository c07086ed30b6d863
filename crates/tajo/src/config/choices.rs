//! What a configuration may choose between, with the names it uses.

use clap::ValueEnum;
use serde::Serialize;

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] #[value(name = $text)] $variant,)*
        }
        impl $name {
            /// Every choice with its name in the configuration.
            pub const CHOICES: &'static [(&'static str, $name)] = &[$(($text, $name::$variant)),*];
            /// Its name in the configuration.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }
            /// The choice of that name, in any case.
            pub fn find(name: &str) -> Option<$name> {
                Self::CHOICES.iter().find(|(text, _)| text.eq_ignore_ascii_case(name)).map(|(_, choice)| *choice)
            }
        }
    };
}

choices! {
    /// Where a workspace lives.
    Region {
        /// United States (the default)
        Us = "us",
        /// Europe
        Eu = "eu",
        /// Australia
        Au = "au",
    }
}

choices! {
    /// Which way records flow between Intercom and Brevo.
    Direction {
        /// From Intercom to Brevo.
        IntercomToBrevo = "intercom_to_brevo",
        /// From Brevo to Intercom.
        BrevoToIntercom = "brevo_to_intercom",
        /// Both ways.
        Bidirectional = "bidirectional",
    }
}

choices! {
    /// Who wins when both sides changed the same field.
    Conflict {
        /// Intercom's value.
        Intercom = "intercom",
        /// Brevo's value.
        Brevo = "brevo",
        /// The value that changed last.
        Newest = "newest",
        /// Nobody, until a person chooses.
        Manual = "manual",
    }
}

choices! {
    /// How a value is rewritten on its way.
    Transform {
        /// All letters small.
        Lowercase = "lowercase",
        /// All letters large.
        Uppercase = "uppercase",
        /// Without spaces at either end.
        Trim = "trim",
        /// As text, whatever it was.
        Text = "text",
        /// As a number.
        Number = "number",
        /// As a day.
        Date = "date",
        /// As true or false.
        Boolean = "boolean",
        /// As a phone number with its country code.
        E164 = "e164",
        /// The first part of a list.
        First = "first",
        /// The parts of a list, as one text.
        Join = "join",
        /// By the table in `values`.
        Map = "map",
    }
}

choices! {
    /// What happens to contacts without an e-mail address.
    NoEmail {
        /// They are skipped and counted.
        Skip = "skip",
        /// They are identified by their Intercom id.
        ExtId = "ext_id",
    }
}

choices! {
    /// What happens to companies.
    Companies {
        /// Nothing.
        Off = "off",
        /// Their fields become attributes of the contact.
        Attributes = "attributes",
        /// They become companies in Brevo as well.
        Objects = "objects",
    }
}

choices! {
    /// Which company speaks for a contact that has several. Intercom does not say which was attached first.
    CompanyRule {
        /// The first by name, then by id.
        First = "first",
        /// The one last active, then the smallest id.
        Newest = "newest",
        /// The one with the most employees, then the smallest id.
        Largest = "largest",
    }
}

choices! {
    /// Facts about a contact that Intercom keeps elsewhere and that become attributes.
    FactGroup {
        /// When and how often the contact spoke with the team, and how it was rated.
        Conversations = "conversations",
        /// When messages were answered, opened and clicked.
        Messenger = "messenger",
        /// What the AI agent achieved.
        AiAgent = "ai_agent",
    }
}

choices! {
    /// What a contact that Brevo alone has becomes in Intercom.
    NewInIntercom {
        /// A lead.
        Lead = "lead",
        /// A user.
        User = "user",
        /// Nothing.
        Off = "off",
    }
}

choices! {
    /// What becomes of what Brevo's contacts did with its e-mails.
    Engagement {
        /// Events in Intercom, where records flow there.
        Events = "events",
        /// Nothing.
        Off = "off",
    }
}

choices! {
    /// Requests to Intercom by plan, as the documentation prints them. Only a ceiling: Intercom's own limit holds as well.
    RatePreset {
        /// 20 in ten seconds
        Starter = "starter",
        /// 50 in ten seconds
        Pro = "pro",
        /// 100 in ten seconds
        Premium = "premium",
    }
}

impl RatePreset {
    /// Requests in ten seconds.
    pub const fn per_window(self) -> u32 {
        match self {
            RatePreset::Starter => 20,
            RatePreset::Pro => 50,
            RatePreset::Premium => 100,
        }
    }
}

choices! {
    /// From which level the log is written.
    LogLevel {
        /// Failures
        Error = "error",
        /// Also what should be looked at (the default)
        Warn = "warn",
        /// Also what happens
        Info = "info",
        /// Also requests, without bodies
        Debug = "debug",
        /// The same as debug
        Verbose = "verbose",
        /// Everything but secrets
        Trace = "trace",
    }
}

impl LogLevel {
    /// The level as the log's own filter names it.
    pub const fn filter(self) -> &'static str {
        match self {
            LogLevel::Verbose => "debug",
            other => other.name(),
        }
    }
}
