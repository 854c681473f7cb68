//! Serde adapters for what is sent between threads that share no memory, such as a browser's workers: large arrays go as
//! their bytes.

/// For `Vec<T>` of plain numbers: `#[serde(with = "tiles3d::transfer::pod")]`. Both ends have the same byte order, they
/// are the same machine.
pub mod pod {
    use bytemuck::{Pod, pod_collect_to_vec};
    use serde::{Deserializer, Serializer, de};
    use std::{fmt, marker::PhantomData};

    /// Writes the array's bytes.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<T: Pod, S: Serializer>(array: &[T], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytemuck::cast_slice(array))
    }

    /// Reads the array back.
    ///
    /// # Errors
    /// The deserializer's, or the bytes are no whole number of elements.
    pub fn deserialize<'de, T: Pod, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
        struct Bytes<T>(PhantomData<T>);
        impl<T: Pod> de::Visitor<'_> for Bytes<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "bytes of elements of {} bytes", size_of::<T>())
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<T>, E> {
                if bytes.len().checked_rem(size_of::<T>()) != Some(0) {
                    return Err(E::invalid_length(bytes.len(), &self));
                }
                Ok(pod_collect_to_vec(bytes))
            }
        }
        deserializer.deserialize_bytes(Bytes(PhantomData))
    }
}

/// For JSON in formats that do not describe themselves: `#[serde(with = "tiles3d::transfer::json")]`.
pub mod json {
    use serde::{
        Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error as _, ser::Error as _,
    };

    /// Writes the value as text.
    ///
    /// # Errors
    /// The serializer's, or the value is no JSON.
    pub fn serialize<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&serde_json::to_string(value).map_err(S::Error::custom)?)
    }

    /// Reads the value back.
    ///
    /// # Errors
    /// The deserializer's, or the text is no JSON.
    pub fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        serde_json::from_str(<&str>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
