"""What a person does on the page, and what they look at."""

from playwright.async_api import Locator, Page, expect

QUESTION_BOX = "Your question"


async def ask(page: Page, question: str) -> None:
    """Types a question and presses Enter."""
    await expect(page.get_by_role("button", name="Ask", exact=True)).to_be_enabled()
    await page.get_by_label(QUESTION_BOX).fill(question)
    await page.keyboard.press("Enter")


def answers(page: Page) -> Locator:
    """The answers that are shown."""
    return page.locator(".answer")


async def answered(page: Page, count: int = 1) -> Locator:
    """The newest answer, once it has ended."""
    await expect(answers(page)).to_have_count(count)
    answer = answers(page).last
    await expect(answer.locator(".about")).to_be_visible()
    await expect(answer).not_to_have_attribute("aria-busy", "true")
    return answer


async def shown(page: Page, text: str) -> None:
    """Returns when the newest answer shows this text."""
    await expect(answers(page).last.locator(".prose")).to_contain_text(text)


async def opened_by(page: Page, link: Locator) -> Page:
    """The tab that a link opens."""
    async with page.expect_popup() as opening:
        await link.click()
    tab: Page = await opening.value
    return tab
