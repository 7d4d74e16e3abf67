namespace Paging.Guest.Syscalls;

/// <summary>One known system call.</summary>
/// <param name="Name">Its name in Linux.</param>
/// <param name="Form">A letter for each argument, for the trace; see <see cref="CallText"/>.</param>
/// <param name="Handler">Executes it.</param>
internal sealed record KnownCall(string Name, string Form, CallHandler Handler);

/// <summary>The system calls by their numbers. Linux: arch/x86/entry/syscalls/syscall_32.tbl.</summary>
internal sealed class CallTable
{
    private const int Size = 512;    // Linux's last number is below 470 (syscall_32.tbl)

    private readonly KnownCall?[] _calls = new KnownCall?[Size];
    private readonly long[] _counts = new long[Size];
    private readonly long[] _errors = new long[Size];
    private readonly SortedDictionary<uint, long> _unknown = [];

    public KnownCall? this[uint number] => number < Size ? _calls[number] : null;

    /// <summary>The counts of calls without a handler.</summary>
    public IReadOnlyDictionary<uint, long> Unknown => _unknown;

    public void Add(int number, string name, string form, CallHandler handler)
    {
        if (_calls[number] is not null) throw new InvalidOperationException($"System call {number} has two handlers.");
        _calls[number] = new(name, form, handler);
    }

    /// <summary>For tests: another handler for a known call.</summary>
    public void Replace(int number, CallHandler handler) => _calls[number] = _calls[number]! with { Handler = handler };

    public void Count(uint number, bool failed)
    {
        if (number >= Size || _calls[number] is null)
        {
            _unknown[number] = _unknown.GetValueOrDefault(number) + 1;
            return;
        }

        _counts[number]++;
        if (failed) _errors[number]++;
    }

    /// <summary>The counts of every call made, and of its errors.</summary>
    public IEnumerable<(string Name, long Count, long Errors)> Counts()
    {
        for (int i = 0; i < Size; i++)
        {
            if (_counts[i] != 0) yield return (_calls[i]!.Name, _counts[i], _errors[i]);
        }
    }
}
