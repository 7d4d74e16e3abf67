using System.Globalization;
using System.Reflection;

namespace Paging.Core.Tests;

/// <summary>What the fault counters of a process say about some accesses, every counter that moved: <c>Minor 1, Anonymous 1</c>.</summary>
internal static class FaultStory
{
    private static readonly PropertyInfo[] Counters =
        [.. typeof(FaultCounters).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static property => property.PropertyType == typeof(long))];

    /// <summary>Runs some accesses and tells what they counted.</summary>
    public static string Of(UserProcess process, Action accesses)
    {
        object before = process.Memory.Usage.Faults;
        accesses();
        object after = process.Memory.Usage.Faults;
        return string.Join(", ", Counters
            .Select(counter => (counter.Name, Count: (long)counter.GetValue(after)! - (long)counter.GetValue(before)!))
            .Where(static counted => counted.Count != 0)
            .Select(static counted => string.Create(CultureInfo.InvariantCulture, $"{counted.Name} {counted.Count}")));
    }
}
