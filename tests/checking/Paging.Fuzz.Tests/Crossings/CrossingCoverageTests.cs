using System.Reflection;
using Paging.Core;
using Paging.Costs;
using Paging.Native;
using Paging.Programs.Cores;
using Paging.Reports;
using Paging.Windows;
using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>The two lists of the matrix have an entry for every public feature of the engine: a new one without an entry fails.</summary>
public sealed class CrossingCoverageTests
{
    /// <summary>What only tells, or ends what something else has begun.</summary>
    private static readonly string[] NoFeatures = ["Dispose", "Deconstruct", "ToString", "Equals", "GetHashCode", "CompareTo", "GetType"];

    /// <summary>Options that are numbers of the machine: they choose how much, not what there is.</summary>
    private static readonly string[] Amounts =
    [
        "RamBytes", "Seed", "RequestHostHugePages", "SurplusHugePages", "CollapseScanPages", "MaxMapCount", "TrieFromAreas",
        "OvercommitRatio",
        "Swappiness", "SwapReadAheadPages", "AttachedSpacesMax", "ReadAheadPages", "FaultAroundPages", "DirtyBackgroundRatio", "DirtyRatio",
        "DirtyExpireTicks", "ZeroedFrames", "ShootdownTimeout", "HugePages", "TransparentHugePages",
    ];

    /// <summary>Members without a place in the matrix, each with its reason.</summary>
    private static readonly Dictionary<string, string> Elsewhere = new(StringComparer.Ordinal)
    {
        ["PagingEngine.BindToCurrentThread"] = "the thread of the caller, not memory",
        ["PagingEngine.CheckCaller"] = "the same",
        ["EngineHostCalls.ThrowIfInNativeCall"] = "the same",
        ["PagingEngine.KernelAddressOf"] = "arithmetic",
        ["EngineFrames.RefuseAllocation"] = "a failing allocation: the target faults has one at every place",
        ["EngineThreads.Count"] = "numbers",
        ["EngineThreads.StopOrder"] = "the order of threads, with RecordOrder",
        ["EngineThreads.RecordOrder"] = "the target threads",
        ["EngineThreads.ReplayOrder"] = "the target threads",
        ["EngineThreads.StartBackground"] = "the operation background work, on a thread",
        ["VirtualProcessor.Poll"] = "the target threads",
        ["VirtualProcessor.Rest"] = "the target threads",
        ["Mmu.CheckThread"] = "the thread of the caller, not memory",
        ["Mmu.Read"] = "as TryRead",
        ["Mmu.TryRead"] = "every check",
        ["Mmu.Write"] = "as TryWrite",
        ["ReclaimPolicy.Of"] = "a context",
        ["EngineHold.Dispose"] = "ends a hold",
    };

    /// <summary>A type of each assembly that the lists name.</summary>
    private static readonly Type[] Assemblies =
    [
        typeof(PagingEngine), typeof(EngineOptions), typeof(IPageSource), typeof(PhysicalMemory), typeof(CostLedger), typeof(EngineMetrics),
        typeof(WindowsMachine), typeof(CoreWriter),
    ];

    private const BindingFlags Members =
        BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly HashSet<string> Covered = new(CrossingContexts.Single.SelectMany(static one => one.Covers)
        .Concat(CrossingOperations.All.SelectMany(static one => one.Covers)), StringComparer.Ordinal);

    [Fact]
    public void EveryMethodOfTheEngineIsInAList()
    {
        IEnumerable<string> members = typeof(PagingEngine).Assembly.GetExportedTypes().Where(IsFeature)
            .SelectMany(static type => type.GetMethods(Members)
                .Where(static method => !method.IsSpecialName && !NoFeatures.Contains(method.Name, StringComparer.Ordinal))
                .Select(method => $"{type.Name}.{method.Name}")).Distinct(StringComparer.Ordinal);
        Assert.Equal("", string.Join(", ", members.Where(static member => !Covered.Contains(member) && !Elsewhere.ContainsKey(member))));
    }

    [Fact]
    public void EveryOptionOfTheEngineIsAContextOrAnAmount()
    {
        IEnumerable<string> options = typeof(EngineOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(static property => property.Name);
        Assert.Equal("", string.Join(", ", options.Except(Amounts, StringComparer.Ordinal)
            .Where(static name => !Covered.Contains($"EngineOptions.{name}"))));
    }

    /// <summary>An entry that names what is no longer there would hide that something has none.</summary>
    [Fact]
    public void EveryNameIsOfAMember()
    {
        Dictionary<string, Type[]> types = Assemblies
            .SelectMany(static type => type.Assembly.GetExportedTypes()).GroupBy(static type => type.Name, StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => group.ToArray(), StringComparer.Ordinal);
        foreach (string name in Covered.Concat(Elsewhere.Keys))
        {
            string[] parts = name.Split('.', 2);
            string member = parts[1];
            Assert.True(types.TryGetValue(parts[0], out Type[]? found) && found.Any(type => type.GetMember(member).Length != 0
                || (member is ".ctor" && type.GetConstructors().Length != 0)), name);
        }
    }

    /// <summary>Types with work of their own: no values, options, doubles of the host, nor stores.</summary>
    private static bool IsFeature(Type type) => !type.IsEnum && !type.IsInterface && !typeof(Exception).IsAssignableFrom(type)
        && !typeof(Delegate).IsAssignableFrom(type) && !typeof(ISwapStore).IsAssignableFrom(type)
        && !typeof(IFileBacking).IsAssignableFrom(type) && type.GetMethod("<Clone>$") is null;
}
