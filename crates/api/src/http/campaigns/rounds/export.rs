//! `GET /api/v1/products/{product_id}/rounds/{round}/export`

use std::{borrow::Cow, io};

use app::{
    App,
    campaigns::rounds::{self, Line, Pages},
};
use axum::{
    extract::State as Extract,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use csv::{Terminator, WriterBuilder};
use http::{HeaderValue, header};
use kernel::Instant;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{super::named::OfRound, view::RoundRecipientView};
use crate::http::{
    Caller, Path, Problem, Query,
    written::{self, Pieces},
};

/// In which form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExportFormat {
    #[default]
    Csv,
    Json,
}

/// How a ledger is exported.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// `csv` (the default): comma-separated values (RFC 4180) in UTF-8, the first line names the columns. `json`: one array.
    #[param(inline)]
    format: Option<ExportFormat>,
}

/// Export the ledger of a round
///
/// All of it, by position, with the columns of a line of the ledger. It is written while it is sent: each line as it stands when it comes to
/// that, and an answer that breaks off is not complete. In CSV a text that begins with `=`, `+`, `-`, `@` (in full width, too), a tabulator or a carriage
/// return has an apostrophe before it, so that no program of tables takes it for a formula; JSON has every text as it is.
#[utoipa::path(
    get, path = "/api/v1/products/{product_id}/rounds/{round}/export", tag = "campaigns",
    params(OfRound, Wanted),
    responses(
        (
            status = 200, description = "The ledger", headers(("content-disposition" = String)),
            content((String = "text/csv"), (Vec<RoundRecipientView> = "application/json"))
        ),
        (status = 404, description = "`product.not_found`, or `round.not_found`"),
    )
)]
pub(crate) async fn export_round(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(of): Path<OfRound>,
    Query(Wanted { format }): Query<Wanted>,
) -> Result<Response, Problem> {
    let format = format.unwrap_or_default();
    let pages = rounds::export(&app, &caller.0, of.named()?).await?;
    let (kind, end) = match format {
        ExportFormat::Csv => ("text/csv; charset=utf-8", "csv"),
        ExportFormat::Json => ("application/json", "json"),
    };
    let file = format!("attachment; filename=\"restock-{}-{}.{end}\"", pages.round().key.replace(':', "-"), of.round);
    let mut response = written::body(Writing { pages, format, is_begun: false }).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().extend(HeaderValue::try_from(file).ok().map(|file| (header::CONTENT_DISPOSITION, file)));
    Ok(response)
}

/// An export under way.
struct Writing {
    pages: Pages,
    format: ExportFormat,
    is_begun: bool,
}

impl Pieces for Writing {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let lines = self.pages.next().await.map_err(|error| written::broken_off("a ledger", &error))?;
        let Some(lines) = lines else { return Ok(None) };
        let (is_first, is_last) = (!self.is_begun, self.pages.is_over());
        self.is_begun = true;
        let piece = match self.format {
            ExportFormat::Csv => csv_piece(&lines, is_first)?,
            ExportFormat::Json => json_piece(&lines, is_first, is_last)?,
        };
        Ok(Some(piece.into()))
    }
}

const COLUMNS: [&str; 10] =
    ["position", "user_id", "name", "state", "attempts", "started_at", "sent_at", "settled_at", "next_at", "reason"];

fn csv_piece(lines: &[Line], is_first: bool) -> io::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    if is_first {
        writer.write_record(COLUMNS)?;
    }
    let at = |instant: Option<Instant>| instant.map(|instant| instant.to_string()).unwrap_or_default();
    for line in lines {
        let shown = RoundRecipientView::from(line);
        writer.write_record([
            shown.position.to_string().as_str(),
            &harmless(&shown.user_id),
            &harmless(shown.name.as_deref().unwrap_or_default()),
            line.state.as_str(),
            &shown.attempts.to_string(),
            &at(shown.started_at),
            &at(shown.sent_at),
            &at(shown.settled_at),
            &at(shown.next_at),
            line.reason.map(app::domain::campaigns::Reason::as_str).unwrap_or_default(),
        ])?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

/// How formulas begin, in full width as well, as keyboards of East Asia write them.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r'];

/// Programs of tables take a cell that begins so for a formula, and do what it says: whoever chose their own name would say it.
fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

fn json_piece(lines: &[Line], is_first: bool, is_last: bool) -> serde_json::Result<Vec<u8>> {
    let mut text = if is_first { b"[".to_vec() } else { Vec::new() };
    for (number, line) in lines.iter().enumerate() {
        text.extend_from_slice(if is_first && number == 0 { b"\n" } else { b",\n" });
        serde_json::to_writer(&mut text, &RoundRecipientView::from(line))?;
    }
    if is_last {
        text.extend_from_slice(b"\n]\n");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use app::domain::campaigns::{Reason, RowState};
    use kernel::RecipientId;
    use serde_json::Value;

    use super::*;

    fn line(position: i64, external_id: &str, name: Option<&str>) -> Line {
        Line {
            position,
            recipient: RecipientId::from_uuid(uuid::Uuid::nil()),
            external_id: external_id.to_owned(),
            name: name.map(str::to_owned),
            state: RowState::Failed,
            attempts: 2,
            started_at: Some(Instant::EPOCH),
            settled_at: Some(Instant::EPOCH),
            next_at: None,
            reason: Some(Reason::Refused),
        }
    }

    #[test]
    fn no_cell_begins_as_a_formula_does() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+82 10", "'+82 10"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("＝1+1", "'＝1+1"),
            ("＋82 10", "'＋82 10"),
            ("－1", "'－1"),
            ("＠SUM(A1)", "'＠SUM(A1)"),
            ("a=1", "a=1"),
            ("'", "'"),
            ("", ""),
        ] {
            assert_eq!(harmless(text), cell);
        }
        let text = csv_piece(&[line(1, "=cmd|'/C calc'!A0", Some("-\"2, 3\""))], false).expect("a piece");
        let text = String::from_utf8(text).expect("text");
        let times = "1970-01-01T00:00:00Z,,1970-01-01T00:00:00Z";
        assert_eq!(text, format!("1,'=cmd|'/C calc'!A0,\"'-\"\"2, 3\"\"\",FAILED,2,{times},,refused\r\n"));
    }

    #[test]
    fn the_pieces_of_an_export_are_one_file() {
        let pages = [vec![line(1, "a", None), line(2, "b", Some("Kim"))], vec![line(3, "=c", None)]];
        let whole = |pieces: Vec<Vec<u8>>| String::from_utf8(pieces.concat()).expect("text");
        let csv = whole(pages.iter().enumerate().map(|(n, lines)| csv_piece(lines, n == 0).expect("a piece")).collect());
        assert_eq!(csv.split("\r\n").count(), 5, "{csv}");
        assert!(csv.starts_with("position,user_id,name,state,attempts,started_at,sent_at,settled_at,next_at,reason\r\n1,a,,"));

        let pieces = pages.iter().enumerate().map(|(n, lines)| json_piece(lines, n == 0, n == 1).expect("a piece")).collect();
        let json: Value = serde_json::from_str(&whole(pieces)).expect("JSON");
        let of = |line: usize, name: &str| json[line][name].clone();
        assert_eq!((of(0, "name"), of(1, "name"), of(2, "user_id")), (Value::Null, "Kim".into(), "=c".into()));
        assert_eq!((of(2, "sent_at"), of(2, "reason"), json.as_array().map(Vec::len)), (Value::Null, "refused".into(), Some(3)));

        let nobody = json_piece(&[], true, true).expect("a piece");
        assert_eq!(serde_json::from_slice::<Value>(&nobody).expect("JSON"), Value::Array(Vec::new()));
    }
}
