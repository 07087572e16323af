"""A generation whose result is a video."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.page_actions import generate

PLAY = """async (video) => {
    video.muted = true;
    await video.play();
    await new Promise((resolve) => (video.onended = resolve));
    return [video.videoWidth, video.videoHeight, video.duration, video.getVideoPlaybackQuality().totalVideoFrames];
}"""


def test_video_plays(page: Page) -> None:
    """The page shows a video, which plays to its end."""
    generate(page, finetune_id="my-finetune", prompt="a mill #video", aspect_ratio="16:9")
    video = page.locator("#stage video")
    expect(video).to_be_visible()
    *shape, frames = video.evaluate(PLAY)
    assert shape == [640, 358, 2]
    assert frames > 1  # a busy machine shows fewer than 25
