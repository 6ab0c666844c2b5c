//! Bodies in all the parts that they may come in.

use std::convert::Infallible;

use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};

use super::*;

const TWO: &[u8] = b"\0\0\0\0\x03abc\0\0\0\0\0";

/// What a body in these parts is read as, by a method that takes one message or any number.
async fn read(parts: &[&[u8]], takes_one: bool) -> Result<Vec<u8>, String> {
    let parts: Vec<_> = parts.iter().map(|it| Bytes::copy_from_slice(it)).collect();
    let frames = parts.into_iter().map(|it| Ok::<_, Infallible>(Frame::data(it)));
    let inner = Body::new(StreamBody::new(stream::iter(frames)));
    let fault = (!takes_one).then(Arc::default);
    let caller = IpAddr::from([127, 0, 0, 1]);
    let receiving = Receiving::new(Port::Public);
    let whole = Messages::new(inner, caller, receiving, fault.clone()).collect().await;
    if let Some(fault) = fault {
        assert_eq!(fault.load(Ordering::Relaxed), whole.is_err());
    }
    whole.map(|it| it.to_bytes().to_vec()).map_err(|status| status.message().to_owned())
}

#[tokio::test]
async fn messages_pass_however_they_are_cut_into_parts() {
    for size in 1..=TWO.len() {
        let parts: Vec<&[u8]> = TWO.chunks(size).collect();

        assert_eq!(read(&parts, false).await, Ok(TWO.to_vec()));
        assert!(read(&parts, true).await.is_err());
    }
    assert_eq!(read(&[&TWO[..8], b""], true).await, Ok(TWO[..8].to_vec()));
    assert_eq!(read(&[], false).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_body_cut_anywhere_but_between_messages_is_malformed() {
    for end in 0..TWO.len() {
        let is_whole = matches!(end, 0 | 8);

        assert_eq!(read(&[&TWO[..end]], false).await.is_ok(), is_whole, "{end}");
    }
    assert_eq!(read(&[], true).await, Err("the body has no message".to_owned()));
}

#[tokio::test]
async fn a_frame_that_is_no_message_ends_the_body_at_its_first_byte() {
    for flag in 1..=u8::MAX {
        let refused = Err("a frame of the body is not an uncompressed message".to_owned());

        assert_eq!(read(&[&[flag]], true).await, refused);
        assert_eq!(read(&[&TWO[..8], &[flag]], false).await, refused);
    }
}

#[tokio::test]
async fn the_longest_length_is_read_as_one() {
    let cut = Err("the body ends within a message".to_owned());

    assert_eq!(read(&[b"\0\xff\xff\xff\xff", b"abc"], true).await, cut);
}

#[tokio::test]
async fn a_message_is_passed_on_when_it_is_whole_and_one_that_is_too_long_as_it_comes() {
    let passed = async |parts: &[&[u8]]| {
        let parts: Vec<_> = parts.iter().map(|it| Bytes::copy_from_slice(it)).collect();
        let frames = parts.into_iter().map(|it| Ok::<_, Infallible>(Frame::data(it)));
        let inner = Body::new(StreamBody::new(stream::iter(frames)));
        let caller = IpAddr::from([127, 0, 0, 1]);
        let fault = Some(Arc::default());
        let mut body = Messages::new(inner, caller, Receiving::new(Port::Public), fault);
        let mut lengths = Vec::new();
        while let Some(Ok(frame)) = body.frame().await {
            lengths.push(frame.into_data().unwrap().len());
        }
        lengths
    };

    assert_eq!(passed(&[TWO]).await, [13]);
    assert_eq!(passed(&[&TWO[..6], &TWO[6..7], &TWO[7..8], &TWO[8..]]).await, [8, 5]);
    assert_eq!(passed(&[&TWO[..10], &TWO[10..]]).await, [8, 5]);
    assert_eq!(passed(&[b"\0\0", b"\x01\0\x01", b"abc", b"d"]).await, [5, 3, 1]);
}

#[tokio::test]
async fn the_oldest_unfinished_bodies_of_an_address_end_for_new_ones() {
    let receiving = Receiving::new(Port::Public);
    let unfinished = |address: [u8; 4]| {
        let inner =
            Body::new(StreamBody::new(stream::pending::<Result<Frame<Bytes>, Infallible>>()));
        Messages::new(inner, address.into(), receiving.clone(), None)
    };
    let count = BUDGET / 4 / CALL_BYTES;
    let mut other = unfinished([192, 0, 3, 1]);
    assert!(futures_util::poll!(other.frame()).is_pending());
    let mut crowd: Vec<_> = (0..count + 10).map(|_| unfinished([192, 0, 2, 1])).collect();
    for body in &mut crowd {
        assert!(futures_util::poll!(body.frame()).is_pending());
    }

    for body in &mut crowd[..10] {
        let refused = body.frame().await.unwrap().unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable);
    }
    for body in crowd[10..].iter_mut().chain([&mut other]) {
        assert!(futures_util::poll!(body.frame()).is_pending());
    }
}
