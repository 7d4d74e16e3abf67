using System.Reflection;
using Paging.Core.Composition;
using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Core.Reclaim;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The table of what a machine consists of: nothing is missing in it, and each of its entries is tried.</summary>
public sealed class KeptPartsTests
{
    /// <summary>The types whose fields are the state of a machine.</summary>
    private static readonly Type[] Holders =
    [
        typeof(PagingEngine), typeof(UserProcess), typeof(ProcessTable), typeof(PageTranslation), typeof(Space), typeof(FileObject),
        typeof(Area), typeof(OpenFile), typeof(MemoryGroup), typeof(EngineParts), typeof(MachineParts), typeof(FileParts),
        typeof(PressureParts), typeof(IoParts),
    ];

    [Fact]
    public void EveryFieldBelongsToAPart()
    {
        string[] named = [.. KeptParts.All.SelectMany(static part => part.Fields).Order(StringComparer.Ordinal)];
        string[] there = [.. Holders.SelectMany(static type => type.GetFields(
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Select(field => $"{type.Name}.{NameOf(field)}")).Order(StringComparer.Ordinal)];
        Assert.Equal("", string.Join(", ", there.Except(named, StringComparer.Ordinal)));    // of no part
        Assert.Equal("", string.Join(", ", named.Except(there, StringComparer.Ordinal)));    // gone
        Assert.Equal(named.Distinct(StringComparer.Ordinal), named, StringComparer.Ordinal);
    }

    /// <summary>The document has the table as it is. <c>PAGING_WRITE_TABLE=1</c> writes it.</summary>
    [Fact]
    public void TheDocumentHasTheTable()
    {
        string path = Path.Combine(Repository.Root, "docs", "EMBEDDING.md"), text = File.ReadAllText(path);
        const string start = "<!-- made from KeptParts -->\n", end = "<!-- end -->";
        int from = text.IndexOf(start, StringComparison.Ordinal) + start.Length, to = text.IndexOf(end, from, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("PAGING_WRITE_TABLE") is "1")
            File.WriteAllText(path, $"{text[..from]}{KeptParts.Format()}{text[to..]}");
        else Assert.Equal(KeptParts.Format(), text[from..to]);
    }

    public static TheoryData<string, string> Cells
    {
        get
        {
            TheoryData<string, string> cells = [];
            foreach (KeptPart part in KeptParts.All)
                foreach (KeepingWay way in Enum.GetValues<KeepingWay>()) cells.Add(part.Name, way.ToString());
            return cells;
        }
    }

    [Theory, MemberData(nameof(Cells))]
    public void EachEntryIsTrue(string name, string wayName)
    {
        KeptPart part = KeptParts.All.Single(part => string.Equals(part.Name, name, StringComparison.Ordinal));
        if (!KeptPartTrials.All.TryGetValue(name, out Func<World, KeptPartTrial>? build))
        {
            Assert.All(part.In, static keeping => Assert.Equal(Keeping.Stays, keeping));    // nothing that a process could see
            return;
        }

        KeepingWay way = Enum.Parse<KeepingWay>(wayName);
        using World world = new(World.Options(64) with { HugePages = 1, TransparentHugePages = TransparentHugePages.Advised });
        using KeptPartTrial trial = build(world);
        Keeping expected = part.In[(int)way];
        if (expected == Keeping.Refused) AssertRefused(world, trial, way);
        else if (way is KeepingWay.Snapshot or KeepingWay.EngineSnapshot) AssertRestored(world, trial, way, expected);
        else AssertMade(world, trial, way, expected);
        trial.Undo();
        world.Verify();
    }

    private static void AssertRefused(World world, KeptPartTrial trial, KeepingWay way)
    {
        Exception refused = Assert.ThrowsAny<Exception>(() =>
        {
            if (way == KeepingWay.Snapshot) world.First.TakeSnapshot().Dispose();
            else if (way == KeepingWay.EngineSnapshot) world.Engine.TakeSnapshot().Dispose();
            else Save(world, isEngine: false, way)(new(), null, null);
        });
        Assert.True(refused is NotSupportedException or InvalidOperationException, refused.ToString());
        Assert.Contains(trial.Refusal, refused.Message, StringComparison.Ordinal);
        if (way is KeepingWay.Snapshot or KeepingWay.EngineSnapshot || trial.IsOfOne) return;
        refused = Assert.ThrowsAny<Exception>(() => Save(world, isEngine: true, way)(new(), null, null));
        Assert.Contains(trial.Refusal, refused.Message, StringComparison.Ordinal);
    }

    private static void AssertRestored(World world, KeptPartTrial trial, KeepingWay way, Keeping expected)
    {
        string before = Probe(world, trial);
        using IDisposable snapshot = way == KeepingWay.Snapshot ? world.First.TakeSnapshot() : world.Engine.TakeSnapshot();
        trial.Change();
        string changed = Probe(world, trial);
        Assert.NotEqual(before, changed, StringComparer.Ordinal);
        World.Succeeds(snapshot is Snapshot one ? one.Restore() : ((EngineSnapshot)snapshot).Restore());
        Assert.Equal(expected == Keeping.GoesBack ? before : changed, Probe(world, trial));
    }

    private static void AssertMade(World world, KeptPartTrial trial, KeepingWay way, Keeping expected)
    {
        foreach (bool isEngine in trial.IsOfEngine ? (bool[])[true] : [false, true])
        {
            string before = Probe(world, trial);
            using World other = new(World.Options(64) with { HugePages = 1, TransparentHugePages = TransparentHugePages.Advised });
            Func<World, Func<string, GuestFile?>?, Func<string, MemoryGroup?>?, IReadOnlyList<UserProcess>> make =
                Save(world, isEngine, way);
            if (expected == Keeping.ByName)
            {
                Exception missing = Assert.ThrowsAny<Exception>(() => make(other, null, null));
                Assert.True(missing is FileNotFoundException or InvalidOperationException, missing.ToString());
                Assert.Contains($"'{trial.Name}'", missing.Message, StringComparison.Ordinal);
                List<string> asked = [];
                make(other, name => Note(asked, name, trial.Find(other)), name => Note(asked, name, trial.FindGroup(other)));
                Assert.Equal([trial.Name], asked);
                other.Verify();
                continue;
            }

            IReadOnlyList<UserProcess> made = make(other, null, null);
            other.Verify();
            string after = trial.Probe(other.Engine, made);
            if (expected == Keeping.Carried) Assert.Equal(before, after);
            else Assert.Equal(trial.None, after);
        }
    }

    private static T Note<T>(List<string> asked, string name, T found)
    {
        asked.Add(name);
        return found;
    }

    private static string Probe(World world, KeptPartTrial trial) => trial.Probe(world.Engine, [.. world.Engine.Processes]);

    private static Func<World, Func<string, GuestFile?>?, Func<string, MemoryGroup?>?, IReadOnlyList<UserProcess>> Save(
        World world, bool isEngine, KeepingWay way)
    {
        using MemoryStream stream = new();
        if (isEngine)
        {
            using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
            if (way == KeepingWay.Image)
            {
                EngineImage image = EngineImage.Of(snapshot);
                return (other, find, group) => other.Engine.CloneProcesses(image, find, group);
            }

            snapshot.Save(stream);
            byte[] all = stream.ToArray();
            return (other, find, group) => other.Engine.SavedProcesses.LoadAll(new MemoryStream(all), find, group);
        }

        using Snapshot own = world.First.TakeSnapshot();
        if (way == KeepingWay.Image)
        {
            ProcessImage image = ProcessImage.Of(own);
            return (other, find, _) => [other.Engine.CloneProcess(image, find)];
        }

        own.Save(stream);
        byte[] bytes = stream.ToArray();
        return (other, find, _) => [other.Engine.SavedProcesses.Load(new MemoryStream(bytes), find)];
    }

    private static string NameOf(FieldInfo field) =>
        field.Name[0] == '<' ? field.Name[1..field.Name.IndexOf('>', StringComparison.Ordinal)] : field.Name;
}
