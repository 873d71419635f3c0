//! Every setting: one list from which the typed structs, the table of keys and the printed page are made.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use super::{
    Complaints, Layers,
    address::{Origin, PublicUrl, ServiceUrl},
    setting::{Later, LogFormat, LogLevel, MetricsDoor, Name, OnUnknown, Role, Setting as _, Whole},
    url::Database,
};

/// A key of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Dotted: `stop.drain_seconds`.
    pub(crate) name: &'static str,
    /// Whether a wrong value must not be repeated in a complaint.
    pub(crate) secret: bool,
}

macro_rules! settings {
    (
        top { $( $(#[$doc:meta])* $field:ident: $kind:ty; )* }
        $( $(#[$section_doc:meta])* $section:ident: $name:ident {
            $( $(#[$inner_doc:meta])* $inner:ident: $inner_kind:ty; )*
        } )*
    ) => {
        /// The effective configuration.
        #[derive(Clone, Debug)]
        pub(crate) struct Config {
            $( $(#[$doc])* pub(crate) $field: $kind, )*
            $( $(#[$section_doc])* pub(crate) $section: $name, )*
        }

        $(
            $(#[$section_doc])*
            #[derive(Clone, Debug)]
            pub(crate) struct $name { $( $(#[$inner_doc])* pub(crate) $inner: $inner_kind, )* }
        )*

        impl Config {
            /// Every key, in the order of the default file.
            pub(crate) const KEYS: &'static [Key] = &[
                $( Key { name: stringify!($field), secret: <$kind>::SECRET }, )*
                $( $( Key { name: concat!(stringify!($section), ".", stringify!($inner)), secret: <$inner_kind>::SECRET }, )* )*
            ];

            /// The typed values, or a complaint for each that is wrong.
            pub(super) fn read(layers: &Layers, complaints: &mut Complaints) -> Option<Self> {
                $( let $field: Option<$kind> = layers.read(stringify!($field), complaints); )*
                $( let $section = {
                    $( let $inner: Option<$inner_kind> =
                        layers.read(concat!(stringify!($section), ".", stringify!($inner)), complaints); )*
                    (|| Some($name { $( $inner: $inner?, )* }))()
                }; )*
                Some(Self { $( $field: $field?, )* $( $section: $section?, )* })
            }

            /// Every key with its value as TOML, secrets left out.
            pub(crate) fn show(&self) -> Vec<(&'static str, String)> {
                vec![
                    $( (stringify!($field), self.$field.show()), )*
                    $( $( (concat!(stringify!($section), ".", stringify!($inner)), self.$section.$inner.show()), )* )*
                ]
            }
        }
    };
}

settings! {
    top {
        /// Where HTTP is answered.
        listen: SocketAddr;
        /// The data folder.
        data: PathBuf;
        /// The database; none is `campanile.db` in the data folder.
        database: Option<Database>;
        /// Where the installation's secret is kept; none is `secret.key` in the data folder.
        secret_file: Option<PathBuf>;
        /// Where the time zones are read from; none is what is compiled in.
        zoneinfo: Option<PathBuf>;
        /// What this process does.
        roles: BTreeSet<Role>;
        /// For a later version.
        redis: Later;
    }

    /// The front door.
    http: Http {
        /// Where people reach this installation; none is the listen address.
        public_url: Option<PublicUrl>;
        /// Other web pages that may call the API.
        cors_origins: Vec<Origin>;
        /// Reverse proxies that are believed.
        trusted_proxies: Vec<IpAddr>;
        /// Where the web page is read from; none is what is compiled in.
        page: Option<PathBuf>;
    }

    /// What an operator watches.
    metrics: Metrics {
        /// Who may read it at the listen address.
        door: MetricsDoor;
        /// An address of its own.
        listen: Option<SocketAddr>;
    }

    /// How much is enough.
    limits: Limits {
        /// Connections open at once.
        connections: Whole<16, 1_000_000>;
        /// Requests under way at once.
        requests: Whole<1, 100_000>;
        /// Requests under way at once for one user or key.
        requests_per_principal: Whole<1, 10_000>;
        /// Transactions of one user at once; 0 is what suits the database.
        transactions_per_user: Whole<0, 500>;
        /// Live streams open at once.
        streams: Whole<1, 1_000_000>;
        /// Live streams open at once for one user.
        streams_per_user: Whole<1, 1_000>;
        /// Readers of one stream at once.
        streams_per_room: Whole<1, 1_000_000>;
        /// Live streams open at once from one address.
        streams_per_address: Whole<1, 1_000_000>;
        /// Schedules of one user.
        schedules_per_user: Whole<1, 10_000_000>;
        /// Rooms one user is in.
        rooms_per_user: Whole<1, 100_000>;
        /// Users in one room.
        members_per_room: Whole<2, 100_000>;
        /// Invitations into one room.
        invitations_per_room: Whole<1, 10_000>;
        /// How long a request may take.
        request_seconds: Whole<1, 300>;
        /// How long a body may take to arrive.
        body_seconds: Whole<1, 300>;
        /// How long the head of a request may take.
        head_seconds: Whole<1, 300>;
        /// How long a connection may be idle between requests.
        idle_seconds: Whole<1, 3_600>;
    }

    /// The PostgreSQL server, if it is one.
    postgres: Postgres {
        /// The most connections this process holds.
        connections: Whole<2, 500>;
        /// The authorities whose certificates are believed; none is the system's.
        ca_file: Option<PathBuf>;
        /// How long the start waits for a server that does not answer.
        wait_seconds: Whole<0, 600>;
    }

    /// Accounts and tokens.
    identity: Identity {
        /// Who issues access tokens.
        issuer: Name;
        /// Whom they are for.
        audience: Name;
        /// Memory of a password hash.
        password_memory_kib: Whole<19_456, 1_048_576>;
        /// Passes of a password hash.
        password_passes: Whole<2, 20>;
    }

    /// The lanes of due rows.
    lanes: Lanes {
        /// The most alarms that ring in one transaction.
        batch_rows: Whole<1, 5000>;
        /// The most alarms that ring in a second while they are more than a minute late.
        catch_up_per_second: Whole<0, 1_000_000>;
    }

    /// Telling people of what is back in stock.
    campaigns: Campaigns {
        /// The most people who are begun with in any second.
        starts_per_second: Whole<0, 100_000>;
        /// Where those are handed over who have no account; none: they are passed over.
        handover_url: Option<ServiceUrl>;
        /// What is done where nobody knows whether somebody was told.
        on_unknown: OnUnknown;
    }

    /// How long things are kept that nobody needs any more.
    retention: Retention {
        /// Deleted schedules.
        trash_days: Whole<1, 3_650>;
        /// Alarms that rang or will not ring.
        alarm_days: Whole<1, 36_500>;
        /// Notifications after they were read.
        read_notification_days: Whole<1, 36_500>;
        /// Notifications, read or not.
        notification_days: Whole<1, 36_500>;
        /// Events of streams.
        event_days: Whole<1, 3_650>;
        /// Events of one room.
        room_events: Whole<100, 10_000_000>;
        /// Comments of one room.
        room_comments: Whole<100, 10_000_000>;
        /// Restock rounds with their ledgers; 0: for ever.
        round_days: Whole<0, 36_500>;
        /// Restock rounds of one product.
        product_rounds: Whole<10, 10_000_000>;
    }

    /// How the process ends.
    stop: Stop {
        /// How long requests and batches under way may take to finish.
        drain_seconds: Whole<1, 60>;
    }

    /// What is written about what happens.
    log: Log {
        /// From which level on.
        level: LogLevel;
        /// How lines look.
        format: LogFormat;
    }
}

impl Config {
    /// The database that holds the truth.
    pub(crate) fn database(&self) -> Database {
        self.database.clone().unwrap_or_else(|| Database::Sqlite(self.data.join("campanile.db")))
    }

    /// The file with the installation's secret.
    pub(crate) fn secret_file(&self) -> PathBuf {
        self.secret_file.clone().unwrap_or_else(|| self.data.join("secret.key"))
    }

    /// Whether this process does `role`.
    pub(crate) fn does(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}
