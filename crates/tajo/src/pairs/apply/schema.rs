//! Attributes that the mapping needs and Brevo does not have yet.

use tajo_brevo::AttributeKind;
use tajo_core::{Error, Result, codes};

use super::super::Pair;
use super::super::entry::{Act, PlanFile};
use super::{Applied, Run};

impl Pair {
    /// Creates them. One that exists meanwhile is as good; another type of the same name is found by the next check.
    pub(super) async fn create_attributes(&self, file: &PlanFile, run: &Run, applied: &mut Applied) -> Result<()> {
        if file.counts.attributes == 0 {
            return Ok(());
        }
        let held: Vec<String> = self.brevo.attributes().await?.into_iter().map(|attribute| attribute.name).collect();
        for entry in file.entries()? {
            let entry = entry?;
            let Act::Attribute { name, kind, .. } = &entry.act else { continue };
            run.go_on()?;
            if held.contains(name) {
                continue;
            }
            let kind = kind_of(kind).ok_or_else(|| {
                Error::new(&codes::STA_PLAN, format!("The plan wants an attribute of the unknown type `{kind}`"))
            })?;
            self.trip.step("attribute")?;
            self.brevo.create_attribute(name, kind, &[]).await?;
            applied.attributes += 1;
        }
        Ok(())
    }
}

fn kind_of(name: &str) -> Option<AttributeKind> {
    match name {
        "text" => Some(AttributeKind::Text),
        "date" => Some(AttributeKind::Date),
        "float" => Some(AttributeKind::Float),
        "boolean" => Some(AttributeKind::Boolean),
        _ => None,
    }
}
