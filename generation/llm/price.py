"""Price: what a model's tokens cost."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Price:
    """US dollars for one token of input, for one of output, and for each call whatever its length."""

    input: float
    output: float
    call: float = 0.0

    def __post_init__(self) -> None:
        if not all(0 <= usd < 1_000 for usd in (self.input, self.output, self.call)):
            raise ValueError("a price is a number of US dollars, and not below 0")

    @classmethod
    def per_million(cls, input: float, output: float) -> "Price":
        """The price where a million tokens cost this much, as providers state it."""
        return cls(input / 1e6, output / 1e6)

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """US dollars for one call."""
        return input_tokens * self.input + output_tokens * self.output + self.call


def known_price(model: str, base_url: str) -> Price | None:
    """The price that genai-prices knows for a model at its provider's own address; None for any other address.

    A gateway may add to a provider's price, and a computer of one's own costs what it costs, so both are unknown.
    Prices that step up for long prompts are those of short ones: the client sends no prompt as long as that.
    """
    from genai_prices import Usage, calc_price  # takes 0.2 s, and most commands need no price

    def usd(input_tokens: int, output_tokens: int) -> float:
        usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
        return float(calc_price(usage, model, provider_api_url=base_url).total_price)

    try:
        call = usd(0, 0)
        return Price((usd(1_000, 0) - call) / 1_000, (usd(0, 1_000) - call) / 1_000, call)
    except LookupError:
        return None
