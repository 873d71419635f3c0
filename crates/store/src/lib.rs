//! All SQL, both engines, migrations.
