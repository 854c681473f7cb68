//! The face of the application: theme, languages, layers, details, charts.
