using Paging.Native;

namespace Paging.Processors.DirectExecution;

/// <summary>Makes rdtsc a fault while a program executes pages that may hold it, and only then, since it makes every stop slower.</summary>
/// <remarks>
/// Pages without the instruction are shown as they are. One that holds it, or that the program can write to, is executable in the stub
/// only while the instruction is a fault: the first fetch from it makes it one. After some stops without a fault of the instruction
/// such pages lose that right again, each time after twice as many stops; a program that executes what it can write keeps the faults.
/// </remarks>
/// <param name="stub">The stub that executes the program.</param>
/// <param name="code">Finds the instruction.</param>
internal sealed class TimeStampTrap(StubProcess stub, TimeStampCode code)
{
    private const int StopsAtFirst = 16, StopsMax = 1 << 20, PageCountMax = 32;

    private readonly List<PageNumber> _pages = [];
    private int _stops = StopsAtFirst, _left;
    private bool _isKept;

    /// <summary>Returns the word with which a neighbour of a page that is fetched from is shown.</summary>
    /// <param name="page">The neighbour.</param>
    /// <param name="word">Its word by the tables.</param>
    /// <param name="peek">Walks the tables for a page.</param>
    public ulong WordOfNeighbour(PageNumber page, ulong word, Func<PageNumber, WalkResult> peek)
    {
        if (!PageMirror.IsExecutable(word) || IsHarmless(page, word, peek)) return word;
        if (!stub.RefusesTimeStamps || PageMirror.IsWritable(word) || _pages.Count == PageCountMax)
            return PageMirror.WithoutExecutable(word);
        _pages.Add(page);    // it is a fault already
        return word;
    }

    /// <summary>Makes the instruction a fault if a page that is fetched from may hold it.</summary>
    public void BeforeFetch(PageNumber page, ulong word, Func<PageNumber, WalkResult> peek)
    {
        if (!PageMirror.IsExecutable(word) || IsHarmless(page, word, peek)) return;
        if (!stub.RefusesTimeStamps)
        {
            stub.OrderTimeStamps(areRefused: true);
            _left = _stops;
            _stops = Math.Min(2 * _stops, StopsMax);
        }

        _isKept |= PageMirror.IsWritable(word) || _pages.Count == PageCountMax;
        if (!_isKept) _pages.Add(page);
    }

    /// <summary>The instruction has been a fault: more will follow.</summary>
    public void NoteUse() => _left = Math.Max(_left, StopsAtFirst);

    /// <summary>Counts a stop. Returns the pages that must not be executable any more, once they have not been needed for long.</summary>
    public IReadOnlyList<PageNumber> NoteStop() => stub.RefusesTimeStamps && !_isKept && --_left <= 0 ? _pages : [];

    /// <summary>The pages of <see cref="NoteStop"/>, or all pages, are not executable any more.</summary>
    public void End()
    {
        stub.OrderTimeStamps(areRefused: false);
        _pages.Clear();
        _isKept = false;
    }

    private bool IsHarmless(PageNumber page, ulong word, Func<PageNumber, WalkResult> peek) => !stub.CanRefuseTimeStamps
        || (!PageMirror.IsWritable(word) && !code.IsIn(PageMirror.FrameOf(word), new(page.Value + 1), peek));
}
