using System.Globalization;
using System.Text.RegularExpressions;

namespace Paging.Pictures.Tests;

/// <summary>
/// Answers a printed sheet as a student does: from its text alone, with pencil and paper. Nothing of the engine, of its model or of its
/// policies is used.
/// </summary>
internal static partial class SheetAnswersByHand
{
    private const uint Page = 4096;

    /// <summary>The answers, by part.</summary>
    public static Dictionary<string, string> Of(string sheet)
    {
        Dictionary<string, string> answers = new(StringComparer.Ordinal);
        string[] questions = Heading().Split(sheet)[1..];
        Assert.Equal(5, questions.Length);
        Translate(questions[0], answers);
        Access(questions[1], answers);
        Fork(questions[2], answers);
        Maps(questions[3], answers);
        Evict(questions[4], answers);
        return answers;
    }

    private static void Translate(string text, Dictionary<string, string> answers)
    {
        Dictionary<uint, Dictionary<uint, uint>> frames = [];
        uint frame = 0, root = 0;
        foreach (string line in text.Split('\n').Select(static line => line.Trim()))
        {
            if (line.StartsWith("CR3 = ", StringComparison.Ordinal)) root = Hex(line[6..]);
            else if (line.StartsWith("the frame at ", StringComparison.Ordinal)) frames[frame = Hex(line[13..21])] = [];
            else if (line.StartsWith('[')) frames[frame][Hex(line[1..4])] = Hex(line[6..]);
        }

        foreach (Match asked in Asked().Matches(text))
        {
            uint address = Hex(asked.Groups["address"].Value), needed = asked.Groups["kind"].Value is "store to" ? 7u : 5;
            uint upper = frames[root].GetValueOrDefault(address >> 22), lower = 0;
            bool passes = (upper & needed) == needed;
            if (passes) lower = frames[upper & ~0xFFFu].GetValueOrDefault((address >> 12) & 0x3FF);
            passes &= (lower & needed) == needed;
            answers[asked.Groups["id"].Value] = passes ? $"{(lower & ~0xFFFu) + (address & 0xFFF):x8}" : "fault";
        }
    }

    /// <summary>0 untouched, 1 reads the page of zeros, 2 has a page of its own.</summary>
    private static void Access(string text, Dictionary<string, string> answers)
    {
        (uint Start, uint Length, bool IsWritable)[] areas = [.. Mapped().Matches(text).Select(static match =>
            (Hex(match.Groups["start"].Value), Hex(match.Groups["length"].Value), match.Groups["write"].Success))];
        Dictionary<uint, int> pages = [];
        foreach (Match access in Accessed().Matches(text))
        {
            uint address = Hex(access.Groups["address"].Value);
            bool isStore = access.Groups["name"].Value is "store";
            string id = access.Groups["id"].Value;
            var area = areas.FirstOrDefault(area => address - area.Start < area.Length);
            int had = pages.GetValueOrDefault(address / Page), needs = isStore ? 2 : 1;
            if (area.Length == 0) answers[id] = "maperr";
            else if (isStore && !area.IsWritable) answers[id] = "accerr";
            else
            {
                answers[id] = had >= needs ? "none" : "fault";
                pages[address / Page] = Math.Max(had, needs);
            }
        }
    }

    /// <summary>Each page is a sheet of paper with the names of the processes that see it.</summary>
    private static void Fork(string text, Dictionary<string, string> answers)
    {
        Dictionary<(int Process, uint Page), object> seen = [];
        int copies = 0;
        foreach (string line in text.Split('\n').Select(static line => line.Trim()))
        {
            if (line.StartsWith("fork", StringComparison.Ordinal))
                foreach (((_, uint page), object paper) in seen.ToArray()) seen[(1, page)] = paper;
            if (Stored().Match(line) is not { Success: true } store) continue;
            (int, uint) place = (store.Groups["child"].Success ? 1 : 0, Hex(store.Groups["address"].Value) / Page);
            bool isThere = seen.TryGetValue(place, out object? had);
            if (isThere && seen.Values.Count(paper => paper == had) == 1) continue;
            if (isThere) copies++;
            seen[place] = new();
        }

        string id = Number().Match(text).Groups["id"].Value;
        int[] numbers = [copies, seen.Values.Distinct().Count(), seen.Keys.Count(static key => key.Process == 0),
            seen.Keys.Count(static key => key.Process == 1)];
        for (int i = 0; i < numbers.Length; i++) answers[$"{id}{(char)('a' + i)}"] = numbers[i].ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A letter for each page; equal neighbours are an area.</summary>
    private static void Maps(string text, Dictionary<string, string> answers)
    {
        SortedDictionary<uint, string> pages = [];
        foreach (Match call in MapCall().Matches(text))
        {
            uint first = Hex(call.Groups["start"].Value) / Page, count = Hex(call.Groups["length"].Value) / Page;
            for (uint page = first; page < first + count; page++)
            {
                if (call.Groups["name"].Value is "munmap") pages.Remove(page);
                else if (call.Groups["name"].Value is "mmap" || pages.ContainsKey(page))
                    pages[page] = call.Groups["rights"].Value.Contains("WRITE", StringComparison.Ordinal) ? "rw-p" : "r--p";
            }
        }

        List<(uint First, uint End, string Rights)> areas = [];
        foreach ((uint page, string rights) in pages)
        {
            bool continues = areas.Count != 0 && areas[^1].End == page && string.Equals(areas[^1].Rights, rights, StringComparison.Ordinal);
            if (continues) areas[^1] = areas[^1] with { End = page + 1 };
            else areas.Add((page, page + 1, rights));
        }

        string id = Number().Match(text).Groups["id"].Value;
        answers[id + "a"] = areas.Count.ToString(CultureInfo.InvariantCulture);
        answers[id + "b"] = string.Join("; ", areas.Select(static area => $"{area.First * Page:x8}-{area.End * Page:x8} {area.Rights}"));
    }

    /// <summary>A list of pages, the next to leave in front; the clock's pages keep their marks.</summary>
    private static void Evict(string text, Dictionary<string, string> answers)
    {
        int frames = text.TrimStart()[0] - '0', misses = 0;
        string policy = PolicyName().Match(text).Groups["name"].Value;
        string[] references = text.Split('\n').Select(static line => line.Trim()).First(static line => References().IsMatch(line))
            .Split(' ');
        List<(string Page, bool IsMarked)> row = [];
        List<string> victims = [];
        foreach (string page in references)
        {
            int at = row.FindIndex(one => string.Equals(one.Page, page, StringComparison.Ordinal));
            if (at >= 0)
            {
                if (policy is "CLOCK") row[at] = (page, true);
                else if (policy is "LRU")
                {
                    row.RemoveAt(at);
                    row.Add((page, true));
                }

                continue;
            }

            misses++;
            while (row.Count == frames)
            {
                (string front, bool isMarked) = row[0];
                row.RemoveAt(0);
                if (policy is "CLOCK" && isMarked) row.Add((front, false));
                else victims.Add(front);
            }

            row.Add((page, true));
        }

        string id = Number().Match(text).Groups["id"].Value;
        answers[id + "a"] = misses.ToString(CultureInfo.InvariantCulture);
        answers[id + "b"] = string.Join(' ', victims);
    }

    private static uint Hex(string text)
    {
        string digits = text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text;
        return uint.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"(?m)^\d\. .*\n", RegexOptions.None, 10_000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"(?m)^ +(?<id>\d[a-z])  (?<kind>load from|store to) (?<address>[0-9a-f]{8})$", RegexOptions.ExplicitCapture,
        10_000)]
    private static partial Regex Asked();

    [GeneratedRegex(@"mmap\((?<start>0x[0-9a-f]+), (?<length>0x[0-9a-f]+), PROT_READ(?<write>\|PROT_WRITE)?,", RegexOptions.ExplicitCapture,
        10_000)]
    private static partial Regex Mapped();

    [GeneratedRegex(@"(?m)^ +(?<id>\d[a-z])  (?<name>load|store)\((?<address>0x[0-9a-f]+)", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Accessed();

    [GeneratedRegex(@"^(?<child>\[1\] )?store\((?<address>0x[0-9a-f]+)", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Stored();

    [GeneratedRegex(@"(?m)^ +(?<id>\d)a  ", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Number();

    [GeneratedRegex(@"(?<name>mmap|mprotect|munmap)\((?<start>0x[0-9a-f]+), (?<length>0x[0-9a-f]+)(, (?<rights>PROT_[A-Z_|]+))?",
        RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex MapCall();

    [GeneratedRegex("The policy is (?<name>[A-Z]+):", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex PolicyName();

    [GeneratedRegex(@"^\d( \d){9,}$", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex References();
}
