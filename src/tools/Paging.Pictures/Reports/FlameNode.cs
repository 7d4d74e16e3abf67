namespace Paging.Pictures.Reports;

/// <summary>A part of a flame picture: its cost, and its own parts.</summary>
/// <param name="Name">Its name; among the parts of one parent each name is there once.</param>
/// <param name="Value">Its cost, 0 or more, in the unit of the picture; at least the sum of its parts.</param>
/// <param name="Parts">Its parts, in any order; none for a leaf.</param>
public sealed record FlameNode(string Name, double Value, IReadOnlyList<FlameNode> Parts)
{
    /// <summary>A part that is made of nothing else.</summary>
    public static FlameNode Leaf(string name, double value) => new(name, value, []);

    /// <summary>A part that costs as much as its parts together.</summary>
    public static FlameNode Of(string name, IReadOnlyList<FlameNode> parts) =>
        new(name, parts.Sum(static part => part.Value), parts);
}
