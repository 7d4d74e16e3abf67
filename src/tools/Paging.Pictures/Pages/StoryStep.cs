namespace Paging.Pictures.Pages;

/// <summary>One step of a story as a page and a terminal show it.</summary>
/// <param name="Title">The event, in a few words.</param>
/// <param name="Call">The call or access, as a program would write it.</param>
/// <param name="Text">Its meaning. Paragraphs are separated by an empty line; code stands between backticks.</param>
/// <param name="Figures">Pictures of the machine afterwards.</param>
public sealed record StoryStep(string Title, string Call, string Text, IReadOnlyList<Figure> Figures)
{
    private const int OpenCount = 2;

    /// <summary>
    /// The keys of the two pictures that the step shows: those that changed, in the order of the story, and then the first of the others.
    /// The rest is folded.
    /// </summary>
    /// <param name="before">The step before; null at the first, whose first two pictures are shown.</param>
    public IEnumerable<string> KeysToOpen(StoryStep? before)
    {
        IEnumerable<Figure> changed = before is null ? Figures : Figures.Where(figure => !before.Figures.Any(old =>
            string.Equals(old.Key, figure.Key, StringComparison.Ordinal)
                && string.Equals(old.Drawing.Body, figure.Drawing.Body, StringComparison.Ordinal)));
        return changed.Concat(Figures).Select(static figure => figure.Key).Distinct(StringComparer.Ordinal).Take(OpenCount);
    }
}
