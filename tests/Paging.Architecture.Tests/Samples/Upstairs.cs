namespace Paging.Architecture.Tests.Samples.Upstairs;

internal interface IShape;

internal class Shape : IShape
{
    public static int Count => 3;

    public int Number { get; } = 1;

    public static T Echo<T>(T value) => value;
}

internal struct Point
{
    public int X { get; set; }
}

internal sealed class Trouble : Exception
{
    public Trouble() { }

    public Trouble(string message) : base(message) { }

    public Trouble(string message, Exception inner) : base(message, inner) { }
}

[AttributeUsage(AttributeTargets.All)]
internal sealed class MarkAttribute : Attribute;
