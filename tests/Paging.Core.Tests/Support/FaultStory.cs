using System.Globalization;
using System.Reflection;

namespace Paging.Core.Tests;

/// <summary>The fault counters that some accesses moved, as text: <c>Minor 1, Anonymous 1</c>.</summary>
internal static class FaultStory
{
    private static readonly PropertyInfo[] Counters =
        [.. typeof(FaultCounters).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static property => property.PropertyType == typeof(long))];

    /// <summary>Runs some accesses and returns the counters that moved.</summary>
    public static string Of(UserProcess process, Action accesses)
    {
        FaultCounters before = process.Memory.Faults;
        accesses();
        return string.Join(", ", Between(before, process.Memory.Faults));
    }

    /// <summary>The counters that moved between two readings, in the order of the counters.</summary>
    public static IEnumerable<string> Between(object before, object after) => Counters
        .Select(counter => (counter.Name, Count: (long)counter.GetValue(after)! - (long)counter.GetValue(before)!))
        .Where(static counted => counted.Count != 0)
        .Select(static counted => string.Create(CultureInfo.InvariantCulture, $"{counted.Name} {counted.Count}"));
}
