using System.Reflection;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Records of counters as lists of names: each counter once, under a name of its own, in the order of the properties.</summary>
public sealed class CounterNameTests
{
    private const string List = "ToNamedCounts";

    /// <summary>Saved forms have the first of these, and later versions read them: a counter is added at the end.</summary>
    private static readonly string[] Saved =
    [
        "Minor", "Major", "Refused", "ZeroPage", "Anonymous", "Copied", "Reused", "File", "FaultAround", "SwappedIn", "StackGrown",
    ];

    public static TheoryData<Type> Records =>
        [.. typeof(FaultCounters).Assembly.GetExportedTypes().Where(static type => type.GetMethod(List) is not null)];

    [Theory, MemberData(nameof(Records))]
    public void EachCounterIsThereOnceInTheOrderOfTheProperties(Type record)
    {
        PropertyInfo[] counters = [.. record.GetProperties().Where(static one => one.PropertyType == typeof(long) && one.CanWrite)];
        object filled = Activator.CreateInstance(record)!;
        for (int i = 0; i < counters.Length; i++) counters[i].SetValue(filled, 1L + i);
        IReadOnlyList<NamedCount> counts = (IReadOnlyList<NamedCount>)record.GetMethod(List)!.Invoke(filled, null)!;
        Assert.Equal(counters.Select(static (one, i) => (one.Name, 1L + i)), counts.Select((one, i) => (counters[i].Name, one.Count)));
        Assert.Equal(counts.Count, counts.Select(static one => one.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.True(counts.Count > 5);
    }

    [Fact]
    public void CountersOfSavedFormsKeepTheirPlaces() =>
        Assert.Equal(Saved, typeof(FaultCounters).GetProperties().Select(static one => one.Name).Take(Saved.Length),
            StringComparer.Ordinal);
}
