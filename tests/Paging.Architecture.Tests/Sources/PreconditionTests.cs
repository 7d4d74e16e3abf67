using System.Text.RegularExpressions;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>
/// What a caller must remember is a type that he cannot avoid, or a check that is on in tests. A comment alone is neither: the member
/// below it throws when the condition does not hold, or is listed here with the reason.
/// </summary>
public sealed partial class PreconditionTests
{
    private const string HotPath = "runs at every fault or walk; a slot without a table is null, and the first use of it fails";
    private const string Cached = "X1 to X4: TranslationAudit compares each cached page with a walk";
    private const string Order = "an order of steps that its one caller makes; the audit after a restore finds what is missing";

    private static readonly Dictionary<string, string> Unchecked = new(StringComparer.Ordinal)
    {
        ["AnonymousFault.ShowZeroPage"] = HotPath,
        ["CopyOnWriteFault.Copy"] = HotPath,
        ["EntrySlot.Address"] = HotPath,
        ["EntrySlot.Narrow"] = HotPath,
        ["EntrySlot.Set"] = HotPath,
        ["EntrySlot.TrySetFirst"] = HotPath,
        ["EntrySlot.Word"] = HotPath,
        ["PhysicalMemory.FrameAt"] = HotPath,
        ["Translation.Entry"] = HotPath,
        ["Translation.Frame"] = HotPath,
        ["Translation.Of"] = HotPath,
        ["Translation.Outcome"] = HotPath,
        ["CachedPage.TryRenew"] = Cached,
        ["TranslationCache.FillRead"] = Cached,
        ["TranslationCache.FillReads"] = Cached,
        ["TranslationCache.FillWrite"] = Cached,
        ["ShownPages.TryShow"] = "X8, X9: TranslationAudit, and WindowCheck compares the host's own list of mappings",
        ["ContentTree.RestoreTo"] = Order,
        ["JournalTree.Move"] = Order,
        ["PoolRestore.Put"] = Order,
        ["PoolRestore.RestoreFiles"] = Order,
        ["SnapshotWalk.CrossAreas"] = Order,
        ["AreaSet.Discard"] = "MappingRecount finds an entry without an area; a search for entries would double the cost of munmap",
        ["AreaTree.Remember"] = "A9: AreaAudit compares the remembered answer with a search",
        ["BuddyAllocator.TryTakeBlock"] = "F1: FrameAudit recounts the states",
        ["FrameLimbo.Free"] = "T12: Shootdown waits for every thread; InterleavingTests",
        ["FrameLists.RemoveRun"] = "TlbGather collects runs only without policies; the list checks its links",
        ["FreeTargets"] = "Compactor drains the stack first; BuddyAudit finds a frame in two places",
        ["HugeObjects.DropFrom"] = "MappingRecount finds an entry that leads to a free page of the pool",
        ["KeptBlocks.Restore"] = "MappingRecount, and VerifyRestores compares the bytes",
        ["PagingEngine.BindToCurrentThread"] = "only the host knows whether its other thread has finished",
        ["PhysicalMemory.Pin"] = "a pointer has no length",
        ["Reclaimer.Free"] = "who frees reads areas and entries again: the fuzzer's target pressure compares the results",
        ["SharedPages"] = "SavedEngine copies every lent table before it makes one",
        ["TouchPass.TryResolve"] = "T15, T16: InterleavingTests",
    };

    [Theory]
    [InlineData("Paging.Core")]
    [InlineData("Paging.Native")]
    public void EveryPreconditionHasACheck(string project)
    {
        IEnumerable<string> without = Find(project).Where(static one => !one.IsChecked).Select(static one => one.Member);
        Assert.Empty(without.Except(Unchecked.Keys, StringComparer.Ordinal));
    }

    /// <summary>An exception that is no longer needed hides the next mistake.</summary>
    [Fact]
    public void EveryExceptionIsNeeded()
    {
        IEnumerable<string> without = Find("Paging.Core").Concat(Find("Paging.Native")).Where(static one => !one.IsChecked)
            .Select(static one => one.Member);
        Assert.Empty(Unchecked.Keys.Except(without, StringComparer.Ordinal));
    }

    private static IEnumerable<(string Member, bool IsChecked)> Find(string project)
    {
        foreach (string path in Repository.SourcesUnder(Repository.FolderOf(project)))
        {
            string type = Path.GetFileNameWithoutExtension(path);
            foreach (Match match in Documented().Matches(Repository.Read(path)))
            {
                if (!Asked().IsMatch(Spaces().Replace(match.Groups["comment"].Value, " "))) continue;
                string body = BodyFrom(Repository.Read(path), match.Index + match.Length);
                string name = Name().Match(body).Groups["name"].Value;
                bool isType = string.Equals(name, type, StringComparison.Ordinal) && TypeWord().IsMatch(body);
                yield return (isType ? type : $"{type}.{name}", Check().IsMatch(body));
            }
        }
    }

    /// <summary>The text of a member from its declaration on: to the line that ends it, outside of all braces.</summary>
    private static string BodyFrom(string text, int start)
    {
        int depth = 0;
        for (int at = start; at < text.Length; at++)
        {
            if (text[at] == '{') depth++;
            else if (text[at] == '}') depth--;
            if (depth == 0 && text[at] is ';' or '}') return text[start..(at + 1)];
        }

        return text[start..];
    }

    // A comment of documentation, then attributes and plain comments; the declaration follows.
    [GeneratedRegex(@"(?<comment>(^[ ]*///[^\n]*\n)+)(^[ ]*(\[|//)[^\n]*\n)*",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline, 10_000)]
    private static partial Regex Documented();

    [GeneratedRegex(@"\s*(///)?\s+", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Spaces();

    [GeneratedRegex(@"\bPreconditions?\b|\b[Tt]he caller (must|sets|ensures)\b", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Asked();

    [GeneratedRegex(@"(?<name>\w+)(<\w+>)?\s*(\(|=>|\{|\n)", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Name();

    [GeneratedRegex(@"\b(class|struct)\b", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex TypeWord();

    [GeneratedRegex(@"\bCheck\.|\bthrow\b|\bThrow\w*\(", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Check();
}
