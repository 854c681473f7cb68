//! What is shown at `/` when the web page was not built.

use axum::response::Html;

pub(super) async fn how_to_build() -> Html<&'static str> {
    Html(
        "<!doctype html><html lang=\"zh\"><meta charset=\"utf-8\"><title>cim-twin</title>\
         <body style=\"font:16px/1.6 system-ui;max-width:40em;margin:4em auto\"><h1>cim-twin</h1>\
         <p>网页尚未构建：请运行 <code>make web</code>，然后重新启动。<br>\
         The web page has not been built: run <code>make web</code> and start again.</p>\
         <p><a href=\"/api/\">/api/</a></p></body></html>",
    )
}
