namespace Paging.Remote;

/// <summary>The answer to a command: nothing, a text, or a list of answers.</summary>
/// <param name="Text">The text, or the number as a text; null for a list or for nothing.</param>
/// <param name="Items">The list; empty for a text or for nothing.</param>
public sealed record RemoteReply(string? Text, IReadOnlyList<RemoteReply> Items)
{
    /// <summary>The list; empty for a text or for nothing.</summary>
    public IReadOnlyList<RemoteReply> Items { get; init => field = value ?? throw new ArgumentNullException(nameof(value)); } =
        Items ?? throw new ArgumentNullException(nameof(Items));

    /// <summary>No answer: the requested key or field does not exist.</summary>
    public static RemoteReply Nothing { get; } = new(null, []);

    /// <summary>The text; empty if there is none.</summary>
    public override string ToString() => Text ?? $"{Items.Count} items";
}
