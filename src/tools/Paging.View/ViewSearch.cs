using System.Globalization;
using Paging.Core;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.View;

/// <summary>Finds the processes that map a frame, and the events of a page.</summary>
internal static class ViewSearch
{
    private const int LineCountMax = 60;

    /// <summary>Answers <c>frame 2a3</c>, or <c>page 20001000</c>: an address in hexadecimal.</summary>
    public static string Answer(ViewSession session, string question)
    {
        string[] words = WordsOf(question);
        if (!TryReadNumber(words, out uint number))
            return "Ask for 'frame 2a3', 'page 20001000' or 'bytes 20001000', in hexadecimal.";
        if (words.Contains("bytes", StringComparer.Ordinal)) return PageBytes.Answer(session, new(number));
        return words.Contains("frame", StringComparer.Ordinal)
            ? Frame(session.Now, number) : Page(session, new VirtualAddress(number).Page);
    }

    /// <summary>Finds the last writer of the byte whose address is the last word of the question.</summary>
    /// <param name="session">The run.</param>
    /// <param name="question">Ends with an address in hexadecimal.</param>
    /// <param name="processId">The process on the screen.</param>
    /// <param name="step">The step that wrote it, to go to; 0: none.</param>
    public static string AnswerLastWrite(ViewSession session, string question, int processId, out int step)
    {
        step = 0;
        if (!TryReadNumber(WordsOf(question), out uint number) || number >= PageNumber.FirstKernel.Address.Value)
            return "Which byte? Give its address in hexadecimal: 20001004";
        if (session.SpaceShown(processId) is not { } space) return "No process is left";
        string what = $"{number:x8} of process {space.Number}";
        PageNumber page = new VirtualAddress(number).Page;
        if (space.Agreed.Any(area => area.IsShared && area.Range.Contains(page)))
            return $"{what} is shared memory: who writes it at another address is not followed here";
        try
        {
            if (session.FindLastWrite(space.ProcessId, new(number), out int unmappedIn) is not { } write)
                return $"nothing has written {what} so far; bytes of a file, and what mremap moves, have no writer here";
            step = write.Step;
            string way = write.Instruction is null ? "in" : "on the way to";
            List<string> lines = [$"{what} was written last {way} call {step}, {session.Steps[step - 1].Text}"];
            if (write.Instruction is { } at) lines.Add(write.Code is { } code ? $"by {at}: {code}" : $"by the instruction at {at}");
            if (write.ProcessId != space.ProcessId) lines.Add($"by process {session.NumberOf(write.ProcessId)}, before a fork copied it");
            if (unmappedIn != 0) lines.Add($"call {unmappedIn}, {session.Steps[unmappedIn - 1].Text}, has unmapped it since");
            else if (space.EntryOf(page) is { Slot: null } entry && (entry.IsZeroPage || !entry.Entry.IsPresent))
                lines.Add("its page was discarded since: madvise");
            return string.Join('\n', lines);
        }
        catch (TimeoutException)
        {
            return "The run is too long to look for it here: paging run --gdb PORT --record has 'monitor lastwrite'.";
        }
        catch (InvalidOperationException exception)
        {
            return exception.Message;
        }
    }

    private static string[] WordsOf(string question) =>
        question.ToLowerInvariant().Split([' ', '?'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Reads the last word, in hexadecimal.</summary>
    private static bool TryReadNumber(string[] words, out uint number)
    {
        string text = words.Length == 0 ? "" : words[^1];
        if (text.StartsWith("0x", StringComparison.Ordinal)) text = text[2..];
        return uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
    }

    private static string Frame(MachineView machine, uint number)
    {
        if (number >= machine.Frames.Count) return $"RAM has {machine.Frames.Count:x} frames.";
        FrameView frame = machine.Frames[(int)number];
        List<string> lines = [$"frame {number:x3}: {frame.State}, {frame.MapCount} entries lead to it"];
        foreach (SpaceView space in machine.Spaces)
        {
            AddTables(lines, space, number);

            lines.AddRange(space.Entries.Where(entry => entry.Entry.IsPresent && entry.Entry.Frame.Value == number).Take(LineCountMax)
                .Select(entry => $"process {space.Number}, page {entry.Page.Value << 12:x8}, "
                    + (entry.Entry.IsWritable ? "writable" : "read-only")));
        }

        return string.Join('\n', lines);
    }

    /// <summary>The mapping of the frame in a space; for a huge page, the page that contains the frame.</summary>
    private static void AddTables(List<string> lines, SpaceView space, uint number)
    {
        if (space.Format == TableFormat.Pae && space.Directory.Value == number)
            lines.Add($"it has the page directory pointers of process {space.Number}");
        if (space.Directories.Any(directory => directory.Value == number))
            lines.Add($"it is {(space.Directories.Count == 1 ? "the" : "a")} page directory of process {space.Number}");
        foreach (TableView table in space.Tables.Where(static table => !table.IsKernel))
        {
            if (table.IsHugePage && number - table.HugeFrame.Value < table.PageCount)
                lines.Add($"process {space.Number}, page {table.First.Value << 12:x8}, "
                    + $"{SvgText.Bytes((ulong)table.PageCount << 12)} in one piece, {(table.Upper.IsWritable ? "writable" : "read-only")}");
            else if (!table.IsHugePage && table.Upper.Table.Value == number)
                lines.Add($"it is page table {table.DirectoryIndex} of process {space.Number}");
        }
    }

    private static string Page(ViewSession session, PageNumber page)
    {
        List<string> lines = [.. session.Now.Spaces.Where(space => space.Agreed.Any(area => area.Range.Contains(page)))
            .Select(space => $"page {page.Value << 12:x8} of process {space.Number} now: {Words(space.EntryOf(page))}")];
        if (lines.Count == 0) lines.Add($"page {page.Value << 12:x8} now: not mapped");
        lines.Add("so far:");
        int before = lines.Count;
        foreach ((int step, EngineEvent happened) in session.Log)
        {
            if (!happened.Pages.Contains(page) || lines.Count > LineCountMax) continue;
            string frame = happened.Frame == default ? "" : $", frame {happened.Frame.Value:x3}";
            lines.Add($"call {step}, {session.Steps[step - 1].Text}: {Words(happened.Kind)}{frame}");
        }

        if (lines.Count == before) lines.Add("nothing has happened to it");
        if (session.IsLogFull) lines.Add($"what came after call {session.Log[^1].Step} is not known: too much has happened");
        return string.Join('\n', lines);
    }

    private static string Words(EntryView entry) => entry switch
    {
        { IsZeroPage: true } => "the page of zeros, read-only",
        { Entry.IsPresent: true } => $"frame {entry.Entry.Frame.Value:x3}, {(entry.Entry.IsWritable ? "writable" : "read-only")}",
        { Slot: { } slot } => $"swap slot {slot}",
        { IsGuard: true } => "a guard",
        _ => "no frame",
    };

    /// <summary>The name of an event.</summary>
    internal static string Words(EngineEventKind kind) => kind switch
    {
        EngineEventKind.MinorFault => "minor fault",
        EngineEventKind.MajorFault => "major fault",
        EngineEventKind.RefusedFault => "refused fault",
        EngineEventKind.Copied => "copied",
        EngineEventKind.SwappedIn => "read from swap",
        EngineEventKind.SwappedOut => "gone to swap",
        EngineEventKind.Dropped => "dropped from RAM",
        _ => "unmapped",
    };
}
