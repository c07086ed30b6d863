//! The query language. Source: spec, contacts/search and conversations/search: two nested levels,
//! fifteen filters a group, the tables of operators and accepted fields.

use serde_json::Value;

use super::dates::Dates;
use super::spans::Spans;
use crate::intercom::errors::Refusal;

const DEPTH_MAX: usize = 2;
const GROUP_MAX: usize = 15;

/// An operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Equal,
    NotEqual,
    In,
    NotIn,
    Greater,
    Less,
    AtLeast,
    AtMost,
    Contains,
    Lacks,
    Starts,
    Ends,
}

const SIGNS: [(&str, Op); 12] = [
    ("=", Op::Equal),
    ("!=", Op::NotEqual),
    ("IN", Op::In),
    ("NIN", Op::NotIn),
    (">", Op::Greater),
    ("<", Op::Less),
    (">=", Op::AtLeast),
    ("<=", Op::AtMost),
    ("~", Op::Contains),
    ("!~", Op::Lacks),
    ("^", Op::Starts),
    ("$", Op::Ends),
];

impl Op {
    pub(crate) fn sign(self) -> &'static str {
        SIGNS.iter().find(|(_, op)| *op == self).map_or("", |(sign, _)| sign)
    }

    fn parse(sign: &str) -> Option<Op> {
        SIGNS.iter().find(|(at, _)| *at == sign).map(|(_, op)| *op)
    }
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Text,
    Number,
    Flag,
    Date,
    /// A date that the customer defined: by day (in UTC) even where standard dates are exact.
    OwnDate,
    /// Ids of linked records; a record matches if any of them does.
    Ids,
    /// The ids of a contact's tags: only `=` and `!=`.
    TagIds,
}

/// A query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    /// A date in a set of seconds; `null` tells whether an unset date matches.
    When {
        field: String,
        spans: Spans,
        null: bool,
    },
    Is {
        field: String,
        op: Op,
        value: Value,
    },
}

/// What a search accepts.
pub(crate) struct Grammar<'a> {
    pub(crate) dates: Dates,
    pub(crate) holds: &'a dyn Fn(&str) -> Option<Holds>,
}

impl Grammar<'_> {
    pub(crate) fn parse(&self, query: &Value) -> Result<Filter, Refusal> {
        self.node(query, 0)
    }

    fn node(&self, node: &Value, depth: usize) -> Result<Filter, Refusal> {
        let operator = node.get("operator").and_then(Value::as_str).ok_or_else(|| Refusal::invalid("query operator missing"))?;
        if !matches!(operator, "AND" | "OR") {
            return self.leaf(node, operator);
        }
        let Some(Value::Array(filters)) = node.get("value") else {
            return Err(Refusal::invalid("value of an AND or OR group must be an array of filters"));
        };
        if depth >= DEPTH_MAX {
            return Err(Refusal::invalid("Queries can be nested at most 2 levels deep"));
        }
        if filters.is_empty() || filters.len() > GROUP_MAX {
            return Err(Refusal::invalid("An AND or OR group takes 1 to 15 filters"));
        }
        let filters = filters.iter().map(|filter| self.node(filter, depth + 1)).collect::<Result<_, _>>()?;
        Ok(if operator == "AND" { Filter::All(filters) } else { Filter::Any(filters) })
    }

    fn leaf(&self, node: &Value, operator: &str) -> Result<Filter, Refusal> {
        let field = node.get("field").and_then(Value::as_str).ok_or_else(|| Refusal::invalid("query field missing"))?;
        let value = node.get("value").ok_or_else(|| Refusal::invalid("query value missing"))?;
        let op = Op::parse(operator).ok_or_else(|| Refusal::invalid(format!("Unknown operator '{operator}'")))?;
        let unknown = || Refusal::new(400, "invalid_field", format!("'{field}' is not a searchable field"));
        let holds = (self.holds)(field).ok_or_else(unknown)?;
        if matches!(holds, Holds::Date | Holds::OwnDate) {
            return self.date(field, op, value, holds);
        }
        check(field, op, value, holds)?;
        Ok(Filter::Is { field: field.to_owned(), op, value: value.clone() })
    }

    fn date(&self, field: &str, op: Op, value: &Value, holds: Holds) -> Result<Filter, Refusal> {
        let own_by_day = Dates::by_day("UTC");
        let dates = match (&self.dates, holds) {
            (Dates::Second, Holds::OwnDate) => &own_by_day,
            (dates, _) => dates,
        };
        if value.is_null() && op == Op::Equal {
            return Ok(Filter::When { field: field.to_owned(), spans: Spans::none(), null: true });
        }
        let values = match value {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        let seconds = values.iter().map(seconds).collect::<Option<Vec<i64>>>();
        let seconds = seconds.filter(|all| all.len() == 1 || (!all.is_empty() && matches!(op, Op::In | Op::NotIn)));
        let seconds = seconds.ok_or_else(|| Refusal::invalid(format!("value of {field} must be a unix timestamp")))?;
        let spans = dates.spans(field, op, &seconds)?;
        Ok(Filter::When { field: field.to_owned(), spans, null: matches!(op, Op::NotEqual | Op::NotIn) })
    }
}

/// Seconds as an integer or its text. Source: spec, both forms in the examples.
fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn check(field: &str, op: Op, value: &Value, holds: Holds) -> Result<(), Refusal> {
    let many = matches!(op, Op::In | Op::NotIn);
    let fits = match op {
        Op::Equal | Op::NotEqual => true,
        Op::In | Op::NotIn => holds != Holds::TagIds,
        Op::Greater | Op::Less | Op::AtLeast | Op::AtMost => holds == Holds::Number,
        Op::Contains | Op::Lacks | Op::Starts | Op::Ends => holds == Holds::Text,
    };
    if !fits {
        return Err(Refusal::invalid(format!("The {} operator is not supported on {field}", op.sign())));
    }
    let typed = match value {
        Value::Array(values) => many && (1..=GROUP_MAX).contains(&values.len()),
        Value::Object(_) => false,
        Value::Null => !many,
        Value::Number(_) => !many && holds != Holds::Flag,
        Value::String(text) => !many && (holds != Holds::Number || text.parse::<f64>().is_ok()),
        Value::Bool(_) => !many && matches!(holds, Holds::Flag),
    };
    if typed { Ok(()) } else { Err(Refusal::invalid(format!("Invalid value for {field}"))) }
}

impl Filter {
    /// The `updated_at` seconds that can match, and whether being in them is all it takes.
    pub(crate) fn window(&self) -> (Spans, bool) {
        match self {
            Filter::When { field, spans, .. } if field == "updated_at" => (spans.clone(), true),
            Filter::When { .. } | Filter::Is { .. } => (Spans::all(), false),
            Filter::All(filters) => {
                filters.iter().map(Filter::window).fold((Spans::all(), true), |a, b| (a.0.and(&b.0), a.1 && b.1))
            }
            Filter::Any(filters) => {
                filters.iter().map(Filter::window).fold((Spans::none(), true), |a, b| (a.0.or(&b.0), a.1 && b.1))
            }
        }
    }

    /// Whether a record matches; `field` gives the values of one of its fields.
    pub(crate) fn matches(&self, field: &mut dyn FnMut(&str) -> Vec<Value>) -> bool {
        match self {
            Filter::All(filters) => filters.iter().all(|filter| filter.matches(field)),
            Filter::Any(filters) => filters.iter().any(|filter| filter.matches(field)),
            Filter::When { field: name, spans, null } => match field(name).first().and_then(Value::as_i64) {
                Some(at) => spans.holds(at),
                None => *null,
            },
            Filter::Is { field: name, op, value } => compare(&field(name), *op, value),
        }
    }
}

fn compare(have: &[Value], op: Op, want: &Value) -> bool {
    let want_null = want.is_null();
    let set: Vec<&Value> = have.iter().filter(|value| !value.is_null()).collect();
    let equal = |want: &Value| set.iter().any(|have| text(have) == text(want));
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    let order = || set.first().and_then(|have| number(have)?.partial_cmp(&number(want)?));
    let words = |test: fn(&str, &str) -> bool| set.iter().any(|have| test(&text(have), &text(want)));
    match op {
        Op::Equal if want_null => set.is_empty(),
        Op::NotEqual if want_null => !set.is_empty(),
        Op::Equal => equal(want),
        Op::NotEqual => !equal(want),
        Op::In => want.as_array().is_some_and(|all| all.iter().any(equal)),
        Op::NotIn => want.as_array().is_some_and(|all| !all.iter().any(equal)),
        Op::Greater => order().is_some_and(std::cmp::Ordering::is_gt),
        Op::Less => order().is_some_and(std::cmp::Ordering::is_lt),
        Op::AtLeast => order().is_some_and(std::cmp::Ordering::is_ge),
        Op::AtMost => order().is_some_and(std::cmp::Ordering::is_le),
        Op::Contains => words(|have, want| have.contains(want)),
        Op::Lacks => !words(|have, want| have.contains(want)),
        Op::Starts => words(|have, want| have.starts_with(want)),
        Op::Ends => words(|have, want| have.ends_with(want)),
    }
}

/// Values compare by their text, without case, so `"42"` and `42` are one id.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(query: &Value) -> Result<Filter, Refusal> {
        let holds = |field: &str| match field {
            "updated_at" => Some(Holds::Date),
            "name" => Some(Holds::Text),
            "tag_id" => Some(Holds::TagIds),
            "age" => Some(Holds::Number),
            _ => None,
        };
        Grammar { dates: Dates::Second, holds: &holds }.parse(query)
    }

    fn leaf(field: &str, operator: &str, value: impl Into<Value>) -> Value {
        json!({"field": field, "operator": operator, "value": value.into()})
    }

    #[test]
    fn a_window_is_read_from_the_query() {
        let inner = json!({"operator": "AND", "value": [leaf("updated_at", ">", 10), leaf("updated_at", "<", "20")]});
        let query = json!({"operator": "OR", "value": [inner, leaf("updated_at", "=", 10), leaf("updated_at", "=", 20)]});
        assert_eq!(parse(&query).unwrap().window(), (Spans::range(10, 20), true));
        let mixed = json!({"operator": "AND", "value": [leaf("updated_at", ">", 10), leaf("name", "=", "x")]});
        assert_eq!(parse(&mixed).unwrap().window(), (Spans::range(11, i64::MAX), false));
    }

    #[test]
    fn what_the_grammar_refuses() {
        let group = |filters: Vec<Value>| json!({"operator": "AND", "value": filters});
        let deep = group(vec![group(vec![group(vec![leaf("name", "=", "x")])])]);
        let wide = group((0..16).map(|n| leaf("age", "=", n)).collect());
        for query in [
            deep,
            wide,
            group(Vec::new()),
            leaf("shoe_size", "=", 1),
            leaf("tag_id", "IN", vec!["1"]),
            leaf("updated_at", "=", "foorbar"),
            leaf("name", ">", "a"),
            leaf("age", "=", "old"),
            leaf("name", "LIKE", "a"),
            json!({}),
        ] {
            assert_eq!(parse(&query).unwrap_err().status, 400, "{query}");
        }
        assert!(parse(&group(vec![group(vec![leaf("name", "=", "x")]), leaf("age", "=", 3)])).is_ok());
    }

    #[test]
    fn comparisons() {
        let mut field = |_: &str| vec![json!("Ada Fisher")];
        for (op, want, hit) in
            [("~", "fish", true), ("!~", "fish", false), ("^", "ada", true), ("$", "ada", false), ("=", "ada fisher", true)]
        {
            assert_eq!(parse(&leaf("name", op, want)).unwrap().matches(&mut field), hit, "{op} {want}");
        }
        assert!(parse(&leaf("name", "=", Value::Null)).unwrap().matches(&mut |_| vec![Value::Null]));
        assert!(parse(&leaf("age", ">=", 3)).unwrap().matches(&mut |_| vec![json!(3)]));
    }
}
