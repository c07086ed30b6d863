//! CSV as the vendor takes and gives it.

/// Rows of cells; quotes protect separators and line ends.
pub(crate) fn rows(text: &str, separator: char) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row: Vec<String> = Vec::new();
    let mut cell = String::new();
    let mut quoted = false;
    let mut signs = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' if quoted && signs.peek() == Some(&'"') => {
                signs.next();
                cell.push('"');
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ if sign == separator && !quoted => row.push(std::mem::take(&mut cell)),
            _ => cell.push(sign),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
    rows
}

/// A cell for a file.
pub(crate) fn cell(text: &str) -> String {
    if text.contains(['"', ';', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_protect_and_empty_lines_are_passed_over() {
        let text = "\u{feff}EMAIL;NOTE\r\na@a.example;\"x; \"\"y\"\"\nz\"\n\nb@a.example;\n";
        let read = rows(text, ';');
        assert_eq!(read, [vec!["EMAIL", "NOTE"], vec!["a@a.example", "x; \"y\"\nz"], vec!["b@a.example", ""]]);
        assert_eq!(cell("x;\"y\""), "\"x;\"\"y\"\"\"");
    }
}
