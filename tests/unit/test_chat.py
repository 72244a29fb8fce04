from importlib.util import find_spec
from pathlib import Path

import pytest
from tokenizers.processors import TemplateProcessing

from lahja.core.errors import LahjaError
from lahja.models.folder import load_tokenizer
from lahja.prompts.chat import (
    assistant_turn,
    chat_texts,
    example_tokens,
    plain_tokens,
    prompt_tokens,
    user_turn,
    without_thoughts,
)

pytestmark = pytest.mark.model
# The templates of published models, as TRL has them.
TEMPLATES = Path(find_spec("trl").origin).parent / "chat_templates"
EMPTY = "<think>\n\n</think>\n\n"


@pytest.fixture
def tokenizer(small_root: Path):
    return load_tokenizer(small_root)


def test_a_prompt_ends_where_the_assistant_begins(tokenizer) -> None:
    assert chat_texts(tokenizer, ["hi"]) == ["<|user|>hi<|end|><|assistant|>"]


def test_the_completion_begins_after_the_prompt_and_ends_the_turn(tokenizer) -> None:
    ((ids, head),) = example_tokens(tokenizer, ["شلونك؟"], ["تمام"])
    assert ids[:head] == prompt_tokens(tokenizer, ["شلونك؟"])[0]
    assert tokenizer.decode(ids[head:]) == "تمام<|end|>"


def test_turns_go_before_a_prompt(tokenizer) -> None:
    talk = [user_turn("hi"), assistant_turn("hello"), user_turn("bye")]
    (found,) = chat_texts(tokenizer, [[turn for (turn,) in talk]])
    assert found == "<|user|>hi<|end|><|assistant|>hello<|end|><|user|>bye<|end|><|assistant|>"


FOLDED = {
    # Refuses system turns.
    "gemma": (
        "<bos><start_of_turn>user\nSpeak.\n\nhi<end_of_turn>\n<start_of_turn>model\n",
        "<bos><start_of_turn>user\nhi<end_of_turn>\n<start_of_turn>model\n",
    ),
    "gemma3": (
        "<bos><start_of_turn>user\nSpeak.\n\nhi<end_of_turn>\n<start_of_turn>model\n",
        "<bos><start_of_turn>user\nhi<end_of_turn>\n<start_of_turn>model\n",
    ),
    "qwen3_instruct_2507": (
        "<|im_start|>system\nSpeak.<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n"
        "<|im_start|>assistant\n",
        "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n",
    ),
}


@pytest.mark.parametrize("name", FOLDED)
def test_a_system_prompt_has_its_turn_or_goes_before_the_user_s_text(tokenizer, name: str) -> None:
    tokenizer.bos_token = "<bos>"
    tokenizer.chat_template = (TEMPLATES / f"{name}.jinja").read_text(encoding="utf-8")
    system = [{"role": "system", "content": "Speak."}, *user_turn("hi")]
    assert chat_texts(tokenizer, [system, "hi"]) == [*FOLDED[name]]


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_a_system_prompt_is_not_taken_for_another_turn(tokenizer, role: str) -> None:
    other = "assistant" if role == "user" else "user"
    tokenizer.chat_template = (
        f"{{% for m in messages %}}{{{{ '{other}: ' if m['role'] == '{other}' else '{role}: ' }}}}"
        "{{ m['content'] + '\n' }}{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
    )
    talk = [user_turn("hi"), assistant_turn("hello"), user_turn("bye")]
    system = [{"role": "system", "content": "Speak."}, *[turn for (turn,) in talk]]
    (found,) = chat_texts(tokenizer, [system])
    assert found == "user: Speak.\n\nhi\nassistant: hello\nuser: bye\nassistant: "


def with_first(tokenizer, token: str) -> int:
    """Let a tokenizer begin texts with a token, and return that token's id."""
    begin = tokenizer.convert_tokens_to_ids(token)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{token} $A", special_tokens=[(token, begin)]
    )
    return begin


def test_plain_text_begins_as_the_tokenizer_begins_texts(tokenizer) -> None:
    ids = tokenizer("a\nb")["input_ids"]
    begin = with_first(tokenizer, "<|end|>")
    talk = [user_turn("a")[0], assistant_turn("b")[0]]
    assert plain_tokens(tokenizer, [talk]) == [[begin, *ids]]
    assert prompt_tokens(tokenizer, ["a"])[0][0] != begin


def test_a_text_without_a_prompt_stands_between_the_tokens_that_begin_and_end_one(tokenizer):
    asked, plain = ("شلونك؟", "تمام"), (None, " كيفك ")
    (text, first), (talk, head) = example_tokens(tokenizer, *zip(plain, asked, strict=True))
    assert (tokenizer.decode(text), first) == ("كيفك<|end|>", 1)
    assert [(talk, head)] == example_tokens(tokenizer, *([side] for side in asked))
    # A base model needs no chat template.
    tokenizer.chat_template = None
    begin = with_first(tokenizer, "<|user|>")
    ((known, _),) = example_tokens(tokenizer, [None], ["كيفك"])
    assert known == [begin, *text]


def test_no_prompts_give_no_tokens(tokenizer) -> None:
    assert prompt_tokens(tokenizer, []) == []


@pytest.mark.parametrize(
    ("name", "end", "after"),
    [
        ("qwen3", f"assistant\n{EMPTY}", "<|im_end|>\n"),
        ("qwen3_5_think", f"assistant\n{EMPTY}", "<|im_end|>\n"),
        ("qwen3_instruct_2507", "user\nشلونك؟<|im_end|>\n<|im_start|>assistant\n", "<|im_end|>\n"),
        ("deepseek_r1_distill", f"<｜Assistant｜>{EMPTY}", "<｜end▁of▁sentence｜>"),
        ("nemotron_3_nano", "assistant\n<think></think>", "<|im_end|>\n"),
        ("glm4moe", "<|assistant|>\n<think></think>", "\nتمام<|end|>"),
        ("gptoss", "<|start|>assistant<|channel|>final<|message|>", "<|return|>"),
        ("llama3_2", "<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>"),
    ],
)
def test_what_is_learnt_begins_with_what_is_asked_without_thoughts(
    tokenizer, name: str, end: str, after: str
) -> None:
    tokenizer.chat_template = (TEMPLATES / f"{name}.jinja").read_text(encoding="utf-8")
    (asked,) = chat_texts(tokenizer, ["شلونك؟"])
    assert asked.endswith(end)
    assert asked.count("<think>") == asked.count("</think>") == end.count("<think>")
    ((ids, head),) = example_tokens(tokenizer, ["شلونك؟"], [" تمام\n"])
    assert ids[:head] == prompt_tokens(tokenizer, ["شلونك؟"])[0]
    said = tokenizer.decode(ids[head:], skip_special_tokens=False)
    assert said.endswith(after)
    assert said.removesuffix(after).strip() in ("تمام", "")


def test_a_template_that_asks_the_clock_renders_the_same_every_day(tokenizer) -> None:
    tokenizer.chat_template = (TEMPLATES / "llama3_2.jinja").read_text(encoding="utf-8")
    assert "26 Jul 2024" in chat_texts(tokenizer, ["hi"])[0]


TURNS = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}"
OPENS = TURNS + "{% if add_generation_prompt %}assistant: {{ tag }}{% endif %}"


INSTRUCTIONS = (
    "{% for m in messages %}{{ '[INST] ' + m['content'] + ' [/INST]' if m['role'] == 'user' "
    "else ' ' + m['content'] | trim + '<|end|>' }}{% endfor %}"
)


def test_a_space_before_the_answer_is_the_answer_s(tokenizer) -> None:
    tokenizer.chat_template = INSTRUCTIONS
    ((ids, head),) = example_tokens(tokenizer, ["hi"], ["are you"])
    assert chat_texts(tokenizer, ["hi"]) == ["[INST] hi [/INST]"]
    assert tokenizer.decode(ids[head:]) in (" are you<|end|>", "are you<|end|>")
    assert tokenizer.decode(ids) == "[INST] hi [/INST] are you<|end|>"


@pytest.mark.parametrize("tag", ["<think>", "<think>\n", "<seed:think>", "[THINK]", "<thought>\n"])
def test_an_opened_block_of_any_name_is_closed(tokenizer, tag: str) -> None:
    tokenizer.chat_template = OPENS.replace("{{ tag }}", tag)
    name = tag.strip()[1:-1]
    closed = f"{tag.strip()}\n\n{tag[0]}/{name}{tag.strip()[-1]}\n\n"
    assert chat_texts(tokenizer, ["hi"]) == [f"user: hi\nassistant: {closed}"]


@pytest.mark.parametrize(
    ("template", "told"),
    [
        (None, "there is none"),
        ("{% for m in messages %}{{ m['role'] }}{% endfor %}", "a prompt or its answer is left"),
        ("{{ raise_exception('a system turn\nis needed') }}", "a system turn is needed; expected"),
        ("{% for m in messages %}", "chat template: "),
    ],
)
def test_a_template_that_does_not_fit_is_named_in_one_line(
    tokenizer, small_root: Path, template: str | None, told: str
) -> None:
    tokenizer.chat_template = template
    with pytest.raises(LahjaError) as caught:
        example_tokens(tokenizer, ["how are you?"], ["are"])
    assert str(caught.value).startswith(f"{small_root}: chat template")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_prompt_keeps_its_tokens_where_the_answer_would_share_its_last(tokenizer) -> None:
    tokenizer.chat_template = OPENS.replace("{{ tag }}", "")
    for answer in ("are", "are you", "عامل إيه"):
        (head,) = prompt_tokens(tokenizer, ["how?"])
        ((ids, n_asked),) = example_tokens(tokenizer, ["how?"], [answer])
        assert ids[:n_asked] == head
        assert tokenizer.decode(ids) == f"user: how?\nassistant: {answer}\n"
    whole = tokenizer("user: how?\nassistant: are\n", add_special_tokens=False)["input_ids"]
    assert whole[: len(head)] != head


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>\nI should greet.\n</think>\n\nأهلين", "أهلين"),
        ("<think>\n\n</think>\n\nأهلين ", "أهلين"),
        # The prompt had opened it.
        ("I should greet.\n</think>\n\nأهلين", "أهلين"),
        ("<Thinking>a</Thinking>أهلين", "أهلين"),
        ("[THINK]a[/THINK]أهلين", "أهلين"),
        ("<|channel|>analysis<|message|>a<|end|><|channel|>final<|message|>أهلين", "أهلين"),
        ("<|channel>thought\na<channel|>أهلين", "أهلين"),
        ("<|START_THINKING|>a<|END_THINKING|>أهلين", "أهلين"),
        ("◁think▷a", None),
        ("\n<think>I should", None),
        ("<think>a</think>", None),
        ("أهلين <think> Now", "أهلين"),
        ("أهلين، I think so <b>", "أهلين، I think so <b>"),
        ("", ""),
    ],
)
def test_thoughts_are_no_part_of_an_answer(text: str, answer: str | None) -> None:
    assert without_thoughts(text) == answer
