//! Ids in the vendor's forms: 24 hex digits for contacts, companies and segments; numeric strings
//! for the rest. All ids of one kind have one length, so their text order is their serial order.

/// The kinds that have ids, each with its own range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Contact,
    Company,
    Segment,
    Conversation,
    Tag,
    Article,
    Admin,
    Team,
    Collection,
    Note,
    Ticket,
    TicketType,
    TicketState,
    Subscription,
}

/// Room for the parts of one conversation.
const PARTS_MAX: u64 = 100_000;

impl Kind {
    fn base(self) -> u64 {
        match self {
            Kind::Contact => 0x6762_f0d0,
            Kind::Company => 0x6762_f0a6,
            Kind::Segment => 0x6762_f25c,
            Kind::Conversation => 215_469_000_000_000,
            Kind::Tag => 9_100_000,
            Kind::Article => 8_200_000,
            Kind::Admin => 7_300_000,
            Kind::Team => 5_017_000,
            Kind::Collection => 159_000,
            Kind::Note => 400_000_000,
            Kind::Ticket => 36_500_000,
            Kind::TicketType => 4_100,
            Kind::TicketState => 8_500,
            Kind::Subscription => 3_100,
        }
    }

    fn is_hex(self) -> bool {
        matches!(self, Kind::Contact | Kind::Company | Kind::Segment)
    }

    /// The id as the API writes it.
    pub(crate) fn id(self, serial: u32) -> String {
        if self.is_hex() { format!("{:08x}1bb69f9f{serial:08x}", self.base()) } else { self.number(serial).to_string() }
    }

    /// The id as a number, where the API writes it so (`admin_ids`, `author_id`, cursors).
    pub(crate) fn number(self, serial: u32) -> u64 {
        self.base() + u64::from(serial)
    }

    /// The serial behind an id, if it is one of this kind.
    pub(crate) fn serial(self, id: &str) -> Option<u32> {
        if self.is_hex() {
            let tail = id.strip_prefix(format!("{:08x}1bb69f9f", self.base()).as_str())?;
            (tail.len() == 8).then(|| u32::from_str_radix(tail, 16).ok())?
        } else {
            u32::try_from(id.parse::<u64>().ok()?.checked_sub(self.base())?).ok()
        }
    }
}

/// The id of part `index` of a conversation.
pub(crate) fn part_id(conversation: u32, index: usize) -> u64 {
    30_000_000_000 + u64::from(conversation) * PARTS_MAX + u64::try_from(index).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_keep_their_form() {
        assert_eq!(Kind::Contact.id(255).len(), 24);
        assert_eq!(Kind::Contact.serial(&Kind::Contact.id(255)), Some(255));
        assert_eq!(Kind::Contact.serial(&Kind::Company.id(255)), None);
        assert_eq!(Kind::Tag.serial(&Kind::Tag.id(3)), Some(3));
        assert_eq!(Kind::Tag.serial("x"), None);
    }
}
