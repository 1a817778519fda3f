"""A picture by its address, as a visitor with a phone asks for it; of a test machine nothing outside can be reached."""

from playwright.sync_api import Browser, expect

WITHIN_MS = 60_000


def test_an_address_that_leads_nowhere_is_a_sentence_below_its_field(browser: Browser, url: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(WITHIN_MS)
    page.goto(url)
    field = page.get_by_label("Address of a picture")
    message = page.locator("#address-message .si-notice")
    field.fill("http://127.0.0.1/cat.jpg")
    field.press("Enter")
    expect(message).to_contain_text(
        "“http://127.0.0.1/cat.jpg” leads to no server on the open internet", timeout=WITHIN_MS
    )
    expect(field).to_have_value("http://127.0.0.1/cat.jpg")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_role("button", name="Get it").bounding_box()["height"] >= 40  # for a thumb

    # Pasted anywhere, it is fetched as well.
    field.fill("")
    page.evaluate("""() => {
        const clipboardData = new DataTransfer();
        clipboardData.setData("text/plain", " https://user:secret@cats.example/cat.jpg ");
        document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }""")
    expect(message).to_contain_text("a user or a password", timeout=WITHIN_MS)

    # It has done its work once there is a picture.
    page.locator(".si-examples button").first.click()
    expect(page.locator(".si-row")).to_have_count(1, timeout=WITHIN_MS)
    expect(message).to_have_count(0)
    context.close()
