namespace Paging.Core.Tests;

/// <summary>One way to break one rule.</summary>
internal sealed record Canary(string Rule, string What, Action<World> Break)
{
    public override string ToString() => $"{Rule}: {What}";
}
