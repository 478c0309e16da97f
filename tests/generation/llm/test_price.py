"""What tokens cost is known where a provider's own price list says it, and else it is not known."""

import pytest

from generation.llm.price import Price, known_price


def test_a_providers_model_has_its_price() -> None:
    price = known_price("gpt-4o-mini", "https://api.openai.com/v1")
    assert price is not None
    assert price.cost(1_000_000, 0) == pytest.approx(0.15)
    assert price.cost(0, 1_000_000) == pytest.approx(0.6)


def test_a_price_for_each_call_is_part_of_the_price() -> None:
    price = known_price("sonar", "https://api.perplexity.ai/")
    assert price is not None
    assert price.call > 0
    assert price.cost(0, 0) == price.call


@pytest.mark.parametrize(
    ("model", "base_url"),
    [
        ("gpt-4o-mini", "http://127.0.0.1:8080/v1"),
        ("gpt-4o-mini", "http://localhost:8080/v1"),
        ("gpt-4o-mini", "https://gateway.example/v1"),
        ("a-model-that-nobody-has", "https://api.openai.com/v1"),
    ],
)
def test_what_is_not_on_the_list_is_unknown_and_not_free(model: str, base_url: str) -> None:
    assert known_price(model, base_url) is None


def test_a_price_of_ones_own_is_for_a_million_tokens() -> None:
    assert Price.per_million(2, 8).cost(1_000, 500) == pytest.approx(0.006)


@pytest.mark.parametrize("usd", [-1.0, float("nan"), float("inf")])
def test_a_price_is_an_amount_of_money(usd: float) -> None:
    with pytest.raises(ValueError, match="price"):
        Price(usd, 0)
