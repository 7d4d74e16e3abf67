using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Syscalls;

//  a  an address or word, hexadecimal       p  PROT_*           s  a string, by its address
//  d  a number, signed                      m  MAP_*            D  a directory's descriptor, AT_FDCWD
//  n  a length                              r  MREMAP_*         f  O_*
//  x  a word, hexadecimal                   v  MADV_*           g  a signal
//  o  an offset in pages, shown in bytes    M  MS_*             L  two words, one number
/// <summary>System calls as text.</summary>
internal static class CallText
{
    private const int StringMax = 40;

    private static readonly ImmutableArray<(uint Bit, string Name)> Protections =
        [(1, "PROT_READ"), (2, "PROT_WRITE"), (4, "PROT_EXEC"), (8, "PROT_SEM"), (0x0100_0000, "PROT_GROWSDOWN"),
        (0x0200_0000, "PROT_GROWSUP")];

    private static readonly ImmutableArray<(uint Bit, string Name)> MapBits =
    [
        (0x10, "MAP_FIXED"), (0x20, "MAP_ANONYMOUS"), (0x100, "MAP_GROWSDOWN"), (0x800, "MAP_DENYWRITE"), (0x1000, "MAP_EXECUTABLE"),
            (0x2000, "MAP_LOCKED"), (0x4000, "MAP_NORESERVE"),
        (0x8000, "MAP_POPULATE"), (0x1_0000, "MAP_NONBLOCK"), (0x2_0000, "MAP_STACK"), (0x8_0000, "MAP_SYNC"),
            (0x10_0000, "MAP_FIXED_NOREPLACE"),
    ];

    private static readonly ImmutableArray<(uint Bit, string Name)> RemapBits =
        [(1, "MREMAP_MAYMOVE"), (2, "MREMAP_FIXED"), (4, "MREMAP_DONTUNMAP")];
    private static readonly ImmutableArray<(uint Bit, string Name)> SyncBits = [(1, "MS_ASYNC"), (2, "MS_INVALIDATE"), (4, "MS_SYNC")];

    private static readonly ImmutableArray<(uint Bit, string Name)> OpenBits =
    [
        (0x40, "O_CREAT"), (0x80, "O_EXCL"), (0x200, "O_TRUNC"), (0x400, "O_APPEND"), (0x800, "O_NONBLOCK"), (0x4000, "O_DIRECT"),
            (0x8000, "O_LARGEFILE"), (0x1_0000, "O_DIRECTORY"), (0x2_0000, "O_NOFOLLOW"),
        (0x8_0000, "O_CLOEXEC"), (0x20_0000, "O_PATH"),
    ];

    private static readonly ImmutableArray<string> Advices =
    [
        "MADV_NORMAL", "MADV_RANDOM", "MADV_SEQUENTIAL", "MADV_WILLNEED", "MADV_DONTNEED", "5", "6", "7", "MADV_FREE", "MADV_REMOVE",
            "MADV_DONTFORK", "MADV_DOFORK", "MADV_MERGEABLE", "MADV_UNMERGEABLE",
        "MADV_HUGEPAGE", "MADV_NOHUGEPAGE", "MADV_DONTDUMP", "MADV_DODUMP", "MADV_WIPEONFORK", "MADV_KEEPONFORK", "MADV_COLD",
            "MADV_PAGEOUT", "MADV_POPULATE_READ", "MADV_POPULATE_WRITE", "MADV_DONTNEED_LOCKED",
    ];

    /// <summary>Calls that return addresses, in the form of the dialect.</summary>
    public static string Result(KnownCall? known, CallResult result)
    {
        if (result.IsRestart) return "? (to be made again)";
        if (result.IsError) return $"-1 {result.Error}";
        bool isAddress = known?.Name is "mmap2" or "mremap" or "brk" or "old_mmap" or "shmat";
        return isAddress ? string.Create(CultureInfo.InvariantCulture, $"0x{result.Word:x8}")
            : ((int)result.Word).ToString(CultureInfo.InvariantCulture);
    }

    public static string Format(GuestTask task, KnownCall known)
    {
        StringBuilder text = new();
        text.Append(string.Equals(known.Name, "mmap2", StringComparison.Ordinal) ? "mmap" : known.Name).Append('(');
        CallArguments call = task.Call.Arguments;
        ReadOnlySpan<uint> words = [call.A, call.B, call.C, call.D, call.E, call.F];
        int at = 0;
        foreach (char kind in known.Form)
        {
            if (at != 0) text.Append(", ");
            if (kind == 'L')
            {
                text.Append(CallArguments.Long(words[at], words[Math.Min(at + 1, 5)]));
                at += 2;
                continue;
            }

            text.Append(Word(task, kind, words[at++]));
        }

        return text.Append(')').ToString();
    }

    private static string Word(GuestTask task, char kind, uint word) => kind switch
    {
        'a' => word == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"0x{word:x8}"),
        'd' => ((int)word).ToString(CultureInfo.InvariantCulture),
        'n' => word.ToString(CultureInfo.InvariantCulture),
        'o' => string.Create(CultureInfo.InvariantCulture, $"{(word == 0 ? "" : "0x")}{PageWords.ToBytes(word):x}"),
        'p' => Bits(word, "PROT_NONE", Protections),
        'm' => MapFlagsText(word),
        'r' => Bits(word, "0", RemapBits),
        'M' => Bits(word, "0", SyncBits),
        'v' => word < Advices.Length ? Advices[(int)word] : word.ToString(CultureInfo.InvariantCulture),
        'f' => OpenText(word),
        'g' => (int)word is > 0 and < (int)SignalNumber.FirstRealTime
            ? SignalNumbers.NameOf((SignalNumber)word) : ((int)word).ToString(CultureInfo.InvariantCulture),
        'D' => (int)word == Descriptor.WorkingDirectory.Number ? "AT_FDCWD" : ((int)word).ToString(CultureInfo.InvariantCulture),
        's' => Text(task, word),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(word == 0 ? "" : "0x")}{word:x}"),
    };

    private static string MapFlagsText(uint word)
    {
        string type = (word & 0xF) switch
        {
            1 => "MAP_SHARED",
            2 => "MAP_PRIVATE",
            3 => "MAP_SHARED_VALIDATE",
            uint other => other.ToString(CultureInfo.InvariantCulture),
        };
        return (word & ~0xFu) == 0 ? type : $"{type}|{Bits(word & ~0xFu, "0", MapBits)}";
    }

    private static string OpenText(uint word)
    {
        string access = (word & 3) switch
        {
            0 => "O_RDONLY",
            1 => "O_WRONLY",
            _ => "O_RDWR",
        };
        return (word & ~3u) == 0 ? access : $"{access}|{Bits(word & ~3u, "0", OpenBits)}";
    }

    private static string Bits(uint word, string none, ImmutableArray<(uint Bit, string Name)> names)
    {
        if (word == 0) return none;
        List<string> parts = [];
        foreach ((uint bit, string name) in names)
        {
            if ((word & bit) == 0) continue;
            parts.Add(name);
            word &= ~bit;
        }

        if (word != 0) parts.Add(string.Create(CultureInfo.InvariantCulture, $"0x{word:x}"));
        return string.Join('|', parts);
    }

    /// <summary>Reading it may bring pages in: like ptrace, a trace changes what it observes.</summary>
    private static string Text(GuestTask task, uint at)
    {
        if (task.User.ReadPath(new(at), out string text) != Errno.None) return string.Create(CultureInfo.InvariantCulture, $"0x{at:x8}");
        bool isLong = text.Length > StringMax;
        return $"\"{(isLong ? text[..StringMax] : text).Replace("\n", "\\n", StringComparison.Ordinal)}\"{(isLong ? "…" : "")}";
    }
}
