using Paging.Pictures.Writing;

namespace Paging.Pictures.Pages;

/// <summary>One step of a story as a page and a terminal show it.</summary>
/// <param name="Title">What happens, in a few words.</param>
/// <param name="Call">The call or access, as a program would write it.</param>
/// <param name="Text">What it means. Paragraphs are separated by an empty line; code stands between backticks.</param>
/// <param name="Figures">What the machine looks like afterwards.</param>
public sealed record StoryStep(string Title, string Call, string Text, IReadOnlyList<Figure> Figures)
{
    /// <summary>What happens, in a few words.</summary>
    public string Title { get; init => field = Required.Of(value); } = Required.Of(Title);

    /// <summary>The call or access, as a program would write it.</summary>
    public string Call { get; init => field = Required.Of(value); } = Required.Of(Call);

    /// <summary>What it means. Paragraphs are separated by an empty line; code stands between backticks.</summary>
    public string Text { get; init => field = Required.Of(value); } = Required.Of(Text);

    /// <summary>What the machine looks like afterwards.</summary>
    public IReadOnlyList<Figure> Figures { get; init => field = Required.All(value); } = Required.All(Figures);
}
