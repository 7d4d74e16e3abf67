using Paging.Pictures.Pages;

namespace Paging.Tour;

/// <summary>A story that can be told.</summary>
public sealed class StoryEntry
{
    private readonly Action<Stage> _tell;

    /// <summary>Describes a story.</summary>
    /// <param name="name">Its name on the command line.</param>
    /// <param name="title">Its heading.</param>
    /// <param name="chapter">The article whose figure or claim it shows.</param>
    /// <param name="claim">The point that it makes.</param>
    /// <param name="tell">Tells it on a stage of its own.</param>
    public StoryEntry(string name, string title, string chapter, string claim, Action<Stage> tell) =>
        (Name, Title, Chapter, Claim, _tell) = (name, title, chapter, claim, tell);

    /// <summary>Its name on the command line.</summary>
    public string Name { get; }

    /// <summary>Its heading.</summary>
    public string Title { get; }

    /// <summary>The article whose figure or claim it shows.</summary>
    public string Chapter { get; }

    /// <summary>The subject.</summary>
    public string Claim { get; }

    /// <summary>Runs the story on an engine of its own. The engine is audited at every step.</summary>
    /// <exception cref="Paging.Native.InvariantException">The engine is broken.</exception>
    public Story Tell()
    {
        using Stage stage = new();
        _tell(stage);
        return new(Name, Title, Chapter, Claim, stage.Steps);
    }
}
