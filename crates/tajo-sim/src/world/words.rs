//! The words the town is made of. Every name is invented and every domain ends in `.example`.

pub(crate) const FIRST: [&str; 64] = [
    "Ada", "Ben", "Chloe", "Dario", "Elin", "Femi", "Greta", "Hugo", "Ines", "Jonas", "Kaia", "Liam", "Mira", "Noor", "Otto",
    "Priya", "Quinn", "Rosa", "Sven", "Tara", "Umar", "Vera", "Wanda", "Xenia", "Yusuf", "Zoe", "Anouk", "Bruno", "Carla",
    "Dimitri", "Esther", "Finn", "Gita", "Hanna", "Ivo", "Jade", "Kenji", "Lucia", "Marek", "Nadia", "Olga", "Pavel", "Ravi",
    "Selma", "Tomas", "Ulla", "Viktor", "Wren", "Yara", "Zane", "Amara", "Bjorn", "Celine", "Dalia", "Emeka", "Freya", "Goran",
    "Hilde", "Imani", "Joost", "Klara", "Leandro", "Malik", "Nina",
];

pub(crate) const LAST: [&str; 64] = [
    "Fisher",
    "Okafor",
    "Lindqvist",
    "Marsh",
    "Petrov",
    "Novak",
    "Ito",
    "Silva",
    "Moreau",
    "Keller",
    "Haddad",
    "Brandt",
    "Costa",
    "Dunn",
    "Eriksen",
    "Farrow",
    "Gupta",
    "Holm",
    "Ibarra",
    "Jansen",
    "Kowalski",
    "Lorenz",
    "Mbeki",
    "Nash",
    "Ortega",
    "Pryce",
    "Quist",
    "Rossi",
    "Stone",
    "Takeda",
    "Ueda",
    "Vance",
    "Winter",
    "Xu",
    "Yilmaz",
    "Zeller",
    "Abbott",
    "Bauer",
    "Carver",
    "Dias",
    "Engel",
    "Frost",
    "Grant",
    "Hart",
    "Ivanov",
    "Juarez",
    "Kraus",
    "Larsen",
    "Meyer",
    "Nolan",
    "Olsen",
    "Pike",
    "Reyes",
    "Sato",
    "Thorne",
    "Unger",
    "Vega",
    "Weiss",
    "York",
    "Zamora",
    "Archer",
    "Blom",
    "Crane",
    "Doyle",
];

/// Names that trip careless code: accents, other scripts, right-to-left, emoji, quotes, markup.
pub(crate) const ODD_NAMES: [&str; 10] = [
    "Zoë Brontë-Ågren",
    "山田 太郎",
    "ليلى حداد",
    "דנה לוי",
    "Søren \"Ren\" Nørgaard",
    "O'Brien, Siobhán",
    "Ivy 🌱 Park",
    "李 小龙\u{3000}(测试)",
    "Jürgen <b>Groß</b>",
    "👩\u{200d}🚀 Ana\\Maria",
];

pub(crate) const COMPANY_FIRST: [&str; 40] = [
    "Northwind",
    "Bluefin",
    "Cobalt",
    "Driftwood",
    "Evergreen",
    "Foxglove",
    "Granite",
    "Harbor",
    "Ironbark",
    "Juniper",
    "Kestrel",
    "Lumen",
    "Meridian",
    "Nimbus",
    "Orchard",
    "Pinecone",
    "Quarry",
    "Redwood",
    "Saffron",
    "Tidewater",
    "Umber",
    "Violet",
    "Willow",
    "Yarrow",
    "Zephyr",
    "Aspen",
    "Bramble",
    "Cinder",
    "Dovetail",
    "Ember",
    "Fjord",
    "Gantry",
    "Hazel",
    "Inkwell",
    "Jetty",
    "Kiln",
    "Lantern",
    "Mosaic",
    "Nectar",
    "Onyx",
];

pub(crate) const COMPANY_LAST: [&str; 20] = [
    "Labs",
    "Logistics",
    "Foods",
    "Health",
    "Energy",
    "Studio",
    "Robotics",
    "Press",
    "Travel",
    "Finance",
    "Systems",
    "Games",
    "Retail",
    "Freight",
    "Media",
    "Legal",
    "Farms",
    "Optics",
    "Cloud",
    "Works",
];

pub(crate) const INDUSTRIES: [&str; 10] = [
    "Software",
    "Logistics",
    "Food & Beverage",
    "Healthcare",
    "Energy",
    "Education",
    "Retail",
    "Travel",
    "Finance",
    "Manufacturing",
];

pub(crate) const PLANS: [&str; 4] = ["Starter", "Growth", "Scale", "Enterprise"];

pub(crate) const TAGS: [&str; 16] = [
    "vip",
    "trial",
    "churn-risk",
    "beta",
    "newsletter",
    "bug-report",
    "feature-request",
    "onboarding",
    "Zürich",
    "日本",
    "billing",
    "renewal",
    "partner",
    "press",
    "do \"not\" call",
    "🚀 launch",
];

pub(crate) const SEGMENTS: [&str; 8] =
    ["Active", "New", "Slipping away", "Paying", "Trial ends soon", "No reply yet", "Enterprise", "Power users"];

pub(crate) const TEAMS: [&str; 6] = ["Support", "Billing", "Success", "Sales", "Technical", "Nights & weekends"];

pub(crate) const JOBS: [&str; 4] = ["Support Engineer", "Customer Success Manager", "Team Lead", "Billing Specialist"];

/// (country, country code, continent, region, city)
pub(crate) const PLACES: [(&str, &str, &str, &str, &str); 10] = [
    ("Ireland", "IRL", "EU", "Dublin", "Dublin"),
    ("United States", "USA", "NA", "California", "San Francisco"),
    ("Germany", "DEU", "EU", "Bavaria", "München"),
    ("Japan", "JPN", "AS", "Tokyo", "Tokyo"),
    ("Brazil", "BRA", "SA", "São Paulo", "São Paulo"),
    ("Australia", "AUS", "OC", "New South Wales", "Sydney"),
    ("Nigeria", "NGA", "AF", "Lagos", "Lagos"),
    ("India", "IND", "AS", "Karnataka", "Bengaluru"),
    ("Egypt", "EGY", "AF", "Cairo", "القاهرة"),
    ("Canada", "CAN", "NA", "Quebec", "Montréal"),
];

/// (browser, version, operating system)
pub(crate) const BROWSERS: [(&str, &str, &str); 5] = [
    ("chrome", "139.0.0.0", "Windows 11"),
    ("firefox", "141.0", "Linux"),
    ("safari", "18.4", "OS X 15.4"),
    ("edge", "138.0.0.0", "Windows 10"),
    ("mobile safari", "18.2", "iOS 18.2"),
];

pub(crate) const LANGUAGES: [&str; 6] = ["en", "de", "ja", "pt-BR", "ar", "fr"];

/// (subject, first message)
pub(crate) const QUESTIONS: [(&str, &str); 12] = [
    ("Invoice for last month", "Hi, I cannot find the invoice for last month. Could you send it again?"),
    ("Import keeps failing", "The CSV import stops at row 312 with \"unexpected token\". File attached."),
    ("How do I add a teammate?", "We hired two people. Where do I add them, and what does a seat cost?"),
    ("Cannot log in", "The login page says my link has expired, every time."),
    ("Feature idea: dark mode", "Please, my eyes 🙏. Is dark mode planned?"),
    ("Wrong time zone in reports", "Our reports start at 09:00 instead of midnight. We are in UTC+9."),
    ("Cancel my trial", "I would like to cancel before the trial ends on Friday."),
    ("API returns 429", "We see many 429 answers since this morning. Did the limit change?"),
    ("Data export", "We need all our data as CSV by the end of the week."),
    ("Frage zur Rechnung", "Grüße! Die Rechnung enthält die falsche Umsatzsteuer."),
    ("ログインできません", "パスワードを再設定してもログインできません。"),
    ("سؤال عن الاشتراك", "هل يمكن تغيير الخطة في منتصف الشهر؟"),
];

pub(crate) const ADMIN_LINES: [&str; 9] = [
    "Thanks for reaching out! Let me have a look.",
    "I can reproduce this. I have passed it on to our engineers.",
    "Could you send me the exact text of the error, please?",
    "This is fixed now. Please reload the page and try again.",
    "You will find it under <i>Settings &gt; Billing &gt; Invoices</i>.",
    "I have extended your trial by seven days 🎉",
    "That is a known limit of the current plan; here is what you can do instead.",
    "Sorry for the wait. We are a small team today.",
    "Is there anything else I can help you with?",
];

pub(crate) const CONTACT_LINES: [&str; 9] = [
    "Thank you, that was quick!",
    "It still does not work, same message as before.",
    "Where exactly do I find that setting?",
    "Great, it works now 👍",
    "Here is the screenshot you asked for.",
    "Could you explain that again, please?",
    "We need this before Monday, otherwise we have to do it by hand.",
    "שלום, עדיין לא עובד אצלי",
    "Ok.",
];

pub(crate) const BOT_LINES: [&str; 4] = [
    "Hi! I am Fin, an AI agent. Here is what I found in our help center.",
    "Did that answer your question?",
    "I will hand you over to a colleague.",
    "You can usually expect a reply in under two hours.",
];

pub(crate) const NOTES: [&str; 4] = [
    "Second time this week, see the other thread.",
    "Asked engineering, answer expected tomorrow.",
    "VIP, please handle with care.",
    "Looks like the same cause as the import bug.",
];

pub(crate) const ARTICLES: [&str; 12] = [
    "Getting started",
    "Invite your team",
    "Import contacts from a CSV file",
    "Understand your invoice",
    "Reset your password",
    "Rate limits explained",
    "Connect your calendar",
    "Export your data",
    "Roles and permissions",
    "Delete your account",
    "Zeitzonen einstellen",
    "よくある質問",
];

pub(crate) const COLLECTIONS: [&str; 4] = ["First steps", "Billing", "Integrations", "Troubleshooting"];

pub(crate) const REMARKS: [&str; 4] = ["Fast and friendly", "Solved, thanks!", "Took three days…", "\"OK\""];
