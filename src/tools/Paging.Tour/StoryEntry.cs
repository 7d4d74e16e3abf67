using Paging.Pictures.Pages;

namespace Paging.Tour;

/// <summary>A story that can be told.</summary>
/// <param name="name">Its name on the command line.</param>
/// <param name="title">Its heading.</param>
/// <param name="chapter">The article whose figure or claim it shows.</param>
/// <param name="claim">The point that it makes.</param>
/// <param name="tell">Tells it on a stage of its own.</param>
public sealed class StoryEntry(string name, string title, string chapter, string claim, Action<Stage> tell)
{
    /// <summary>Its name on the command line.</summary>
    public string Name => name;

    /// <summary>The article whose figure or claim it shows.</summary>
    public string Chapter => chapter;

    /// <summary>The point that it makes.</summary>
    public string Claim => claim;

    /// <summary>Runs the story on an engine of its own. The engine is audited at every step.</summary>
    /// <exception cref="Paging.Native.InvariantException">The engine is broken.</exception>
    public Story Tell()
    {
        using Stage stage = new();
        tell(stage);
        return new(name, title, chapter, claim, stage.Steps);
    }
}
