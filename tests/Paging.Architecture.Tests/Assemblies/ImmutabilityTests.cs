using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Reflection;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The check of <see cref="StateTests.NothingBehindAStaticReadonlyFieldCanChange"/>, on objects made for it.</summary>
public sealed class ImmutabilityTests
{
    [Theory]
    [InlineData(nameof(Samples.Array))]
    [InlineData(nameof(Samples.List))]
    [InlineData(nameof(Samples.Dictionary))]
    [InlineData(nameof(Samples.Assignable))]
    [InlineData(nameof(Samples.Settable))]
    [InlineData(nameof(Samples.Deep))]
    [InlineData(nameof(Samples.Inside))]
    [InlineData(nameof(Samples.Frozen))]
    public void AnObjectThatCanChangeIsFound(string field) => Assert.NotNull(Immutability.MutablePlaceIn(FieldOf(field)));

    [Theory]
    [InlineData(nameof(Samples.Text))]
    [InlineData(nameof(Samples.Numbers))]
    [InlineData(nameof(Samples.Names))]
    [InlineData(nameof(Samples.Constant))]
    [InlineData(nameof(Samples.Nothing))]
    [InlineData(nameof(Samples.EmptyArray))]
    public void AnObjectThatCannotChangeIsNot(string field) => Assert.Null(Immutability.MutablePlaceIn(FieldOf(field)));

    private static FieldInfo FieldOf(string name) => typeof(Samples).GetField(name)!;

    internal static class Samples
    {
        public static readonly int[] Array = [1];
        public static readonly List<int> List = [];
        public static readonly Dictionary<int, int> Dictionary = [];
        public static readonly Holder Assignable = new();
        public static readonly Setting Settable = new();
        public static readonly Wrapper Deep = new(new Holder());
        public static readonly ImmutableArray<Holder> Inside = [new()];
        public static readonly FrozenDictionary<string, int[]> Frozen = new Dictionary<string,
            int[]>(StringComparer.Ordinal)
        { ["a"] = [1] }.ToFrozenDictionary();

        public static readonly string Text = "text";
        public static readonly ImmutableArray<int> Numbers = [1, 2];
        public static readonly FrozenSet<string> Names = FrozenSet.Create(StringComparer.Ordinal, "a", "b");
        public static readonly Wrapper Constant = new("text");
        public static readonly Holder? Nothing = MakeNothing();
        public static readonly int[] EmptyArray = [];

        private static Holder? MakeNothing() => null;
    }

    internal sealed class Holder
    {
        public int Value = 1;
    }

    internal sealed class Setting
    {
        public int Value { get; set; }
    }

    internal sealed record Wrapper(object Inner);
}
