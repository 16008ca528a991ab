//! What the columns of a file of prospects are, by their names.

use actors::prospect_dedup::ATTRIBUTES_MAX;
use schema::prospect::NewProspect;
use schema::{Reject, check};
use std::collections::BTreeSet;

/// How long the name of an attribute may be.
const NAME_CHARS_MAX: usize = 100;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Email,
    Name,
    FirstName,
    LastName,
    Company,
    Domain,
    Title,
    Linkedin,
    Source,
    Attribute(String),
    /// It has no name.
    Nothing,
}

/// The columns of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(Vec<Column>);

impl Columns {
    /// Reads the names of a file's columns. Upper case, spaces, dashes and underscores make no
    /// difference; what is none of ours is an attribute.
    ///
    /// # Errors
    /// `invalid_input` where a column stands twice, there are too many, or none says who it is.
    pub fn read(names: &[String]) -> Result<Self, Reject> {
        let columns = names.iter().map(|name| column(name)).collect::<Result<Vec<_>, _>>()?;
        let mut seen = BTreeSet::new();
        for (column, name) in columns.iter().zip(names) {
            if *column != Column::Nothing && !seen.insert(column) {
                let name: String = name.trim().chars().take(NAME_CHARS_MAX).collect();
                return Err(refused(&format!("says {name:?} twice, or two names of one thing")));
            }
        }
        let attributes = seen.iter().filter(|one| matches!(one, Column::Attribute(_))).count();
        if attributes > ATTRIBUTES_MAX {
            let most = format!("has {attributes} columns of other names, {ATTRIBUTES_MAX} at most");
            return Err(refused(&most));
        }
        let has = |column: Column| seen.contains(&column);
        let named = has(Column::Name) || has(Column::LastName);
        let says_who = has(Column::Email) || has(Column::Linkedin) || named && has(Column::Domain);
        if !says_who {
            return Err(refused("needs a column email, or linkedin, or name and domain"));
        }
        Ok(Self(columns))
    }

    /// The prospect of a row.
    ///
    /// # Errors
    /// What is wrong with the row.
    pub fn prospect(&self, fields: Vec<String>) -> Result<NewProspect, String> {
        let Self(columns) = self;
        if fields.len() != columns.len() {
            let (has, wanted) = (fields.len(), columns.len());
            return Err(format!("has {has} fields, and there are {wanted} columns"));
        }
        let mut row = NewProspect::default();
        let (mut first, mut last) = (String::new(), String::new());
        for (column, field) in columns.iter().zip(fields) {
            let field = field.trim().to_owned();
            if field.is_empty() {
                continue;
            }
            match column {
                Column::Email => row.email = Some(field),
                Column::Name => row.name = Some(field),
                Column::FirstName => first = field,
                Column::LastName => last = field,
                Column::Company => row.company = Some(field),
                Column::Domain => row.domain = Some(field),
                Column::Title => row.title = Some(field),
                Column::Linkedin => row.linkedin = Some(field),
                Column::Source => row.source = Some(field),
                Column::Attribute(name) => drop(row.attributes.insert(name.clone(), field)),
                Column::Nothing => {}
            }
        }
        if row.name.is_none() && !(first.is_empty() && last.is_empty()) {
            row.name = Some(format!("{first} {last}").trim().to_owned());
        }
        Ok(row)
    }
}

fn column(name: &str) -> Result<Column, Reject> {
    if name.contains('\0') {
        return Err(refused("holds NUL: save the file as UTF-8"));
    }
    let plain: String =
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    Ok(match &*plain {
        "email" | "emailaddress" => Column::Email,
        "name" | "fullname" => Column::Name,
        "firstname" => Column::FirstName,
        "lastname" => Column::LastName,
        "company" | "companyname" => Column::Company,
        "domain" | "companydomain" => Column::Domain,
        "title" | "jobtitle" => Column::Title,
        "linkedin" | "linkedinurl" => Column::Linkedin,
        "source" => Column::Source,
        "" => Column::Nothing,
        _ => Column::Attribute(check::line("the first row", name.trim(), NAME_CHARS_MAX)?),
    })
}

fn refused(why: &str) -> Reject {
    Reject::field("the first row", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(line: &str) -> Result<Columns, String> {
        let names: Vec<_> = line.split(',').map(str::to_owned).collect();
        Columns::read(&names).map_err(|reject| reject.message)
    }

    fn row(columns: &Columns, line: &str) -> Result<NewProspect, String> {
        columns.prospect(line.split(',').map(str::to_owned).collect())
    }

    #[test]
    fn columns_are_known_by_their_names_however_they_are_written() {
        let known =
            columns("E-Mail,First name,LAST_NAME,Company,Job Title,Colour,").expect("known");
        let found = row(&known, " ann@acme.example ,Ann,Lee,ACME,,green,x").expect("a row");
        assert_eq!(found.email.as_deref(), Some("ann@acme.example"));
        assert_eq!(found.name.as_deref(), Some("Ann Lee"));
        assert_eq!((found.company.as_deref(), found.title), (Some("ACME"), None));
        assert_eq!(
            found.attributes.into_iter().collect::<Vec<_>>(),
            [("Colour".into(), "green".into())]
        );
        let known = columns("full name,first name,domain").expect("known");
        let found = row(&known, "Dr. Ann Lee,Ann,acme.example").expect("a row");
        assert_eq!(found.name.as_deref(), Some("Dr. Ann Lee"));
        assert_eq!(row(&known, ",Ann,acme.example").expect("a row").name.as_deref(), Some("Ann"));
        let known = columns("LinkedIn URL").expect("a profile says who it is");
        let found = row(&known, "linkedin.com/in/ann-lee-1").expect("a row");
        assert_eq!(found.linkedin.as_deref(), Some("linkedin.com/in/ann-lee-1"));
    }

    #[test]
    fn a_ragged_row_is_refused() {
        let known = columns("email,name").expect("known");
        assert_eq!(row(&known, "a").expect_err("ragged"), "has 1 fields, and there are 2 columns");
        assert_eq!(
            row(&known, "a,b,c").expect_err("ragged"),
            "has 3 fields, and there are 2 columns"
        );
    }

    #[test]
    fn columns_that_say_nobody_or_too_much_are_refused() {
        for bad in ["", "colour", "name,company", "domain", "firstname,domain"] {
            assert!(columns(bad).expect_err(bad).contains("needs a column email"), "{bad}");
        }
        assert!(columns("email,E-Mail").expect_err("twice").contains("twice"));
        assert!(columns("email,a,a").expect_err("twice").contains("twice"));
        assert!(columns("email,,").is_ok(), "a column without a name is nothing");
        let many: String = (0..=ATTRIBUTES_MAX).map(|n| format!(",a{n}")).collect();
        assert!(columns(&format!("email{many}")).expect_err("many").contains("50 at most"));
        assert!(columns("e\0m\0a\0i\0l\0").expect_err("NUL").contains("save the file as UTF-8"));
        assert!(columns(&format!("email,{}", "x".repeat(101))).is_err());
    }
}
