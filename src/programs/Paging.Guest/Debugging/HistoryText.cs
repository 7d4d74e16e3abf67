using System.Globalization;
using Paging.Core;
using Paging.Guest.History;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Debugging;

/// <summary>The commands of gdb's <c>monitor</c> on the program's history.</summary>
internal sealed class HistoryText(HistoryRecorder recorder, ReverseExecution reverse)
{
    private const uint ByteLengthMax = 4096;    // watched bytes are compared after every step

    public const string Help =
        """
        recording     how far back gdb can go, and what that takes
        lastwrite ADDRESS [LENGTH]
                      what has stored to these bytes last (4, if no other number is given), looking back from here

        """;

    /// <summary>Executes a command. Returns false for other commands.</summary>
    public bool TryExecute(GuestTask task, string command, out string answer)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        answer = "";
        if (words is ["recording"]) answer = Describe();
        else if (words is ["lastwrite", var only]) answer = FindLastWrite(task, only, "4");
        else if (words is ["lastwrite", var at, var length]) answer = FindLastWrite(task, at, length);
        return answer.Length != 0;
    }

    /// <summary>Returns the file and offset that an address is mapped from, in brackets after a space; empty without a file.</summary>
    public static string PlaceOf(AddressSpace space, VirtualAddress address)
    {
        AreaSnapshot? area = space.Areas.Snapshot().FirstOrDefault(area => area.Range.Contains(address.Page));
        if (area is null || area.Name.Length == 0) return "";
        ulong offset = area.ByteOffset + address.Value - area.Range.First.Address.Value;
        return string.Create(CultureInfo.InvariantCulture, $" ({area.Name}+0x{offset:x})");
    }

    private string FindLastWrite(GuestTask task, string at, string length)
    {
        if (!TryNumber(at, out uint address) || !TryLength(length, out uint byteLength) || address >= PageCount.UserHalf.Bytes - byteLength)
            return "lastwrite ADDRESS [LENGTH]: a number such as 0x8049a1c, and at most 4096 bytes\n";
        return reverse.FindLastWrite(task, new(address), byteLength);
    }

    private string Describe()
    {
        if (recorder.Obstacle is { } obstacle) return $"There is no history: {obstacle}.\n";
        HistoryLog log = recorder.Log;
        return string.Create(CultureInfo.InvariantCulture, $"Position {reverse.Position:N0}; history from {log.Moments[0].Position:N0} to "
            + $"{recorder.Position:N0}{(log.HasLostItsBeginning ? ", older ones are forgotten" : "")}.\n")
            + string.Create(CultureInfo.InvariantCulture, $"{log.Moments.Count:N0} moments, {log.EventCount:N0} events in "
            + $"{log.ByteLength >> 20:N0} MiB. A position counts bytes of code.\n");
    }

    private static bool TryLength(string word, out uint length) =>
        uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out length) && length is > 0 and <= ByteLengthMax;

    private static bool TryNumber(string word, out uint number)
    {
        ReadOnlySpan<char> digits = word.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? word.AsSpan(2) : word;
        return uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
    }
}
