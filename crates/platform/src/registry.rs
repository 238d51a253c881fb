//! The dialects by their words in the configuration: the one place that names them all.

use std::sync::Arc;

use model::record::Platform;

use crate::dialect::Dialect;

/// The dialect of that platform and word.
///
/// # Errors
/// The reason in words, with those there are.
pub fn dialect(platform: Platform, word: &str) -> Result<Arc<dyn Dialect>, String> {
    match (platform, word) {
        (Platform::Genesys, "guide") => Ok(Arc::new(crate::genesys::guide::Guide)),
        (Platform::Cxone, "guide") => Ok(Arc::new(crate::cxone::guide::Guide)),
        _ => Err(format!("dialect `{word}` of {platform} is not available in this version; there is `guide`")),
    }
}
