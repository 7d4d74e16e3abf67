namespace Paging.Pictures;

/// <summary>One step of a story as a page and a terminal show it.</summary>
/// <param name="Title">What happens, in a few words.</param>
/// <param name="Call">The call or access, as a program would write it.</param>
/// <param name="Text">What it means. Paragraphs are separated by an empty line; code stands between backticks.</param>
/// <param name="Figures">What the machine looks like afterwards.</param>
public sealed record StoryStep(string Title, string Call, string Text, IReadOnlyList<Figure> Figures);
