//! A product that people wait for.

use kernel::{FieldError, Instant, ProductId, UserId};

use super::CampaignError;
use crate::text::{is_invisible, line, turns};

/// Characters of a name.
const MAX_NAME: usize = 200;
/// Characters of what its owner calls a product.
const MAX_KEY: usize = 128;
/// The greatest stock: what every JSON reader can hold without rounding.
pub const MAX_STOCK: i64 = 1 << 53;
/// The most people told for each item in stock, and the longest pause after that, in seconds: a day.
const MAX_PER_ITEM: i64 = 10_000;
const MAX_WAIT_SECONDS: i64 = 24 * 60 * 60;
/// Products of one owner.
const MAX_PRODUCTS: u32 = 1_000;

/// A product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Whose it is.
    pub owner: UserId,
    /// What its owner calls it, unique among theirs.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// How many there are to sell.
    pub stock: i64,
    /// Its last restock round; 0 before the first.
    pub round: i64,
    /// How many wait for it.
    pub subscribers: i64,
    /// Whether nobody is told before everybody before them is.
    pub strict: bool,
    /// How many are told at a time; everybody, without.
    pub waves: Option<Waves>,
    /// Grows with every change of the product itself, not of who waits for it; the ETag.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
}

/// How many are told at a time: so many as the stock is likely to last for, then nobody for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waves {
    /// So many for each item in stock: 1 to 10,000.
    pub per_item: i64,
    /// And then nobody for so long, in seconds: 1 to 86,400.
    pub wait_seconds: i64,
}

/// What somebody says a product is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductDraft {
    /// What people call it.
    pub name: String,
    /// Whether nobody is told before everybody before them is.
    pub strict: bool,
    /// Both or neither.
    pub per_item: Option<i64>,
    /// Both or neither.
    pub wait_seconds: Option<i64>,
}

/// What a path calls a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProductName {
    /// As its owner does.
    Key(String),
    /// By its id.
    Id(ProductId),
}

impl ProductName {
    /// Reads what a path says. `None`: no product can be called that.
    pub fn read(text: &str) -> Option<Self> {
        match text.parse() {
            Ok(id) => Some(Self::Id(id)),
            Err(_) => key(text).ok().map(Self::Key),
        }
    }
}

/// What an owner may call a product: 1 to 128 letters, digits, `.`, `_`, `~`, `:` and `-`, not only dots, and nothing that reads as an id.
fn key(text: &str) -> Result<String, FieldError> {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '~' | ':' | '-'));
    let dots = text.chars().all(|c| c == '.');
    if !plain || dots || text.len() > MAX_KEY || text.starts_with(concat!("prd", "_")) {
        let rule = "1 to 128 letters, digits, and . _ ~ : -, not beginning with prd_";
        return Err(FieldError::new("/product_id", format!("a product is called by {rule}")));
    }
    Ok(text.to_owned())
}

/// What became of the stock of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stock {
    /// Before.
    pub before: i64,
    /// From now on.
    pub after: i64,
}

impl Stock {
    /// There is some again.
    pub const fn came_back(self) -> bool {
        self.before == 0 && self.after > 0
    }

    /// There is none left.
    pub const fn sold_out(self) -> bool {
        self.before > 0 && self.after == 0
    }
}

impl ProductDraft {
    /// A new product of `owner`, which they call `key`; they have so many already.
    pub fn begin(
        &self,
        (id, owner, key): (ProductId, UserId, &str),
        already: i64,
        now: Instant,
    ) -> Result<Product, CampaignError> {
        let key = self::key(key).map_err(|wrong| CampaignError::InvalidProduct(vec![wrong]))?;
        if already >= i64::from(MAX_PRODUCTS) {
            return Err(CampaignError::TooManyProducts { most: MAX_PRODUCTS });
        }
        let (name, waves) = self.read()?;
        let (strict, version) = (self.strict, 1);
        let (stock, round, subscribers) = (0, 0, 0);
        Ok(Product { id, owner, key, name, stock, round, subscribers, strict, waves, version, created_at: now, updated_at: now })
    }

    fn read(&self) -> Result<(String, Option<Waves>), CampaignError> {
        let mut wrong = Vec::new();
        let name = line("/name", &self.name, MAX_NAME).unwrap_or_else(|error| {
            wrong.push(error);
            String::new()
        });
        if wrong.is_empty() && name.chars().all(is_invisible) {
            wrong.push(FieldError::new("/name", "write at least one visible character"));
        }
        // It stands in what others are told, in front of words that are not its owner's.
        if name.contains(turns) {
            wrong.push(FieldError::new("/name", "write it in the direction in which it is read"));
        }
        let mut within = |pointer: &str, number: i64, most: i64| {
            if !(1..=most).contains(&number) {
                wrong.push(FieldError::new(pointer, format!("write a number from 1 to {most}")));
            }
        };
        let waves = match (self.per_item, self.wait_seconds) {
            (None, None) => None,
            (Some(per_item), Some(wait_seconds)) => {
                within("/per_item", per_item, MAX_PER_ITEM);
                within("/wait_seconds", wait_seconds, MAX_WAIT_SECONDS);
                Some(Waves { per_item, wait_seconds })
            }
            (per_item, _) => {
                let missing = if per_item.is_some() { "/wait_seconds" } else { "/per_item" };
                wrong.push(FieldError::new(missing, "per_item and wait_seconds go together: write both or neither"));
                None
            }
        };
        if wrong.is_empty() { Ok((name, waves)) } else { Err(CampaignError::InvalidProduct(wrong)) }
    }
}

impl Product {
    /// Makes it what `draft` says; answers whether anything is different then.
    pub fn become_as(&mut self, draft: &ProductDraft, now: Instant) -> Result<bool, CampaignError> {
        let (name, waves) = draft.read()?;
        let same = (&self.name, self.strict, self.waves) == (&name, draft.strict, waves);
        if !same {
            (self.name, self.strict, self.waves) = (name, draft.strict, waves);
            self.touch(now);
        }
        Ok(!same)
    }

    /// Says how many there are. Nothing but that changes: what follows for those who wait is decided on the answer.
    pub fn set_stock(&mut self, stock: i64, now: Instant) -> Result<Stock, CampaignError> {
        if !(0..=MAX_STOCK).contains(&stock) {
            let wrong = FieldError::new("/stock", format!("write a whole number from 0 to {MAX_STOCK}"));
            return Err(CampaignError::InvalidProduct(vec![wrong]));
        }
        let before = std::mem::replace(&mut self.stock, stock);
        if before != stock {
            self.touch(now);
        }
        Ok(Stock { before, after: stock })
    }

    /// Another round of it begins at `now`, which is a change of its own.
    pub fn begin_round(&mut self, now: Instant) {
        self.round += 1;
        self.touch(now);
    }

    fn touch(&mut self, now: Instant) {
        self.version += 1;
        self.updated_at = now;
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn draft(name: &str) -> ProductDraft {
        ProductDraft { name: name.to_owned(), ..ProductDraft::default() }
    }

    fn product() -> Product {
        let (id, owner) = (ProductId::from_uuid(Uuid::from_u128(1)), UserId::from_uuid(Uuid::from_u128(2)));
        draft("Bell").begin((id, owner, "bell-1"), 0, Instant::EPOCH).expect("a product")
    }

    fn pointers(refused: Result<Product, CampaignError>) -> Vec<String> {
        match refused {
            Err(CampaignError::InvalidProduct(wrong)) => wrong.into_iter().map(|error| error.pointer).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_product_is_called_as_its_owner_does_or_by_its_id() {
        for good in ["1", "bell", "SKU-4711_a.b~c:d", &"x".repeat(128), "prd", "..a"] {
            assert_eq!(ProductName::read(good), Some(ProductName::Key(good.to_owned())), "{good:?}");
        }
        let id = product().id;
        assert_eq!(ProductName::read(&id.to_string()), Some(ProductName::Id(id)));
        for bad in ["", ".", "..", "a b", "a/b", "종", "prd_1", "a%20", &"x".repeat(129)] {
            assert_eq!(ProductName::read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_product_has_one_visible_line_for_a_name_and_both_numbers_of_waves_or_neither() {
        let begin = |draft: ProductDraft| {
            let (id, owner) = (ProductId::from_uuid(Uuid::from_u128(1)), UserId::from_uuid(Uuid::from_u128(2)));
            draft.begin((id, owner, "bell-1"), 0, Instant::EPOCH)
        };
        for bad in ["", " ", "\u{200b}", "a\nb", "a\u{7}b", "a\u{202e}b", "a\u{2066}b", &"가".repeat(201)] {
            assert_eq!(pointers(begin(draft(bad))), ["/name"], "{bad:?}");
        }
        for good in ["종 👩\u{200d}👩\u{200d}👧 ❤\u{fe0f}", "שעון", "می\u{200c}خواهم"] {
            assert_eq!(begin(draft(good)).map(|product| product.name).as_deref(), Ok(good));
        }
        let waves = |per_item, wait_seconds| begin(ProductDraft { per_item, wait_seconds, ..draft("Bell") });
        for (per_item, wait_seconds) in [(1, 1), (10_000, 86_400)] {
            let waves = waves(Some(per_item), Some(wait_seconds)).map(|product| product.waves);
            assert_eq!(waves, Ok(Some(Waves { per_item, wait_seconds })));
        }
        assert_eq!(pointers(waves(Some(1), None)), ["/wait_seconds"]);
        assert_eq!(pointers(waves(None, Some(1))), ["/per_item"]);
        assert_eq!(pointers(waves(Some(0), Some(86_401))), ["/per_item", "/wait_seconds"]);
        assert_eq!(pointers(waves(Some(10_001), Some(-1))), ["/per_item", "/wait_seconds"]);
    }

    #[test]
    fn an_owner_has_so_many_products_and_calls_none_by_an_id() {
        let (id, owner) = (ProductId::from_uuid(Uuid::from_u128(1)), UserId::from_uuid(Uuid::from_u128(2)));
        assert!(draft("Bell").begin((id, owner, "bell"), 999, Instant::EPOCH).is_ok());
        let refused = draft("Bell").begin((id, owner, "bell"), 1_000, Instant::EPOCH);
        assert_eq!(refused, Err(CampaignError::TooManyProducts { most: 1_000 }));
        assert_eq!(pointers(draft("Bell").begin((id, owner, "prd_1"), 0, Instant::EPOCH)), ["/product_id"]);
    }

    #[test]
    fn the_same_again_is_no_change() {
        let (mut product, later) = (product(), Instant::from_micros(1));
        assert_eq!((product.become_as(&draft(" Bell "), later), product.version), (Ok(false), 1));
        assert_eq!((product.become_as(&draft("Clock"), later), product.version, product.updated_at), (Ok(true), 2, later));
        let strict = ProductDraft { strict: true, ..draft("Clock") };
        assert_eq!((product.become_as(&strict, later), product.version), (Ok(true), 3));
        assert!(product.become_as(&draft(""), later).is_err() && product.name == "Clock");
        assert_eq!((product.set_stock(0, later), product.version), (Ok(Stock { before: 0, after: 0 }), 3));
    }

    #[test]
    fn stock_comes_back_from_nothing_and_is_sold_out_at_nothing() {
        let mut product = product();
        for (after, came_back, sold_out) in
            [(0, false, false), (3, true, false), (3, false, false), (2, false, false), (9, false, false), (0, false, true)]
        {
            let stock = product.set_stock(after, Instant::EPOCH).expect("a stock");
            assert_eq!((stock.came_back(), stock.sold_out(), product.stock), (came_back, sold_out, after), "{after}");
        }
        assert!(product.set_stock(MAX_STOCK, Instant::EPOCH).is_ok());
        for bad in [-1, MAX_STOCK + 1, i64::MIN, i64::MAX] {
            assert!(product.set_stock(bad, Instant::EPOCH).is_err() && product.stock == MAX_STOCK, "{bad}");
        }
    }
}
