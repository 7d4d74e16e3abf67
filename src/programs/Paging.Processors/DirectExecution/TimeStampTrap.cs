using Paging.Native;

namespace Paging.Processors.DirectExecution;

/// <summary>Makes rdtsc a fault while a program executes pages that may hold it, and only then, since it makes every stop slower.</summary>
/// <remarks>
/// Pages without the instruction are shown as they are. One that holds it is executable in the stub only while the instruction is a fault:
/// the first fetch from it makes it one. After some stops without a fault of the instruction such pages lose that right again, each time
/// after twice as many stops. Pages that the program can write to and executes, as those of compilers at run time, are looked through
/// again, a few at each stop; so is each before its first fetch.
/// </remarks>
/// <param name="stub">The stub that executes the program.</param>
/// <param name="code">Finds the instruction.</param>
internal sealed class TimeStampTrap(StubProcess stub, TimeStampCode code)
{
    private const int StopsAtFirst = 16, StopsMax = 1 << 20, PageCountMax = 32;
    private const int PagesOfStop = 4;    // some 0.2 µs each

    private readonly List<PageNumber> _pages = [];
    private readonly List<PageNumber> _written = [];    // executable without the fault, and the program can write to them
    private readonly HashSet<PageNumber> _isWatched = [];
    private int _nextWritten;
    private int _stops = StopsAtFirst, _left;
    private bool _isKept;

    /// <summary>Returns the word with which a neighbour of a page that is fetched from is shown.</summary>
    /// <param name="page">The neighbour.</param>
    /// <param name="word">Its word by the tables.</param>
    /// <param name="peek">Walks the tables for a page.</param>
    public ulong WordOfNeighbour(PageNumber page, ulong word, Func<PageNumber, WalkResult> peek)
    {
        if (!PageMirror.IsExecutable(word)) return word;
        if (stub.CanRefuseTimeStamps && PageMirror.IsWritable(word)) return PageMirror.WithoutExecutable(word);    // most are data
        if (IsHarmless(page, word, peek)) return word;
        if (!stub.RefusesTimeStamps || _pages.Count == PageCountMax)
            return PageMirror.WithoutExecutable(word);
        _pages.Add(page);    // it is a fault already
        return word;
    }

    /// <summary>Makes the instruction a fault if a page that is fetched from may hold it.</summary>
    public void BeforeFetch(PageNumber page, ulong word, Func<PageNumber, WalkResult> peek)
    {
        if (!PageMirror.IsExecutable(word)) return;
        if (IsHarmless(page, word, peek)) Watch(page, word);
        else Refuse(page);
    }

    /// <summary>Looks through some of the pages that the program can write to and executes: they may hold the instruction now.</summary>
    /// <param name="mirror">Returns how a page is shown.</param>
    /// <param name="peek">Walks the tables for a page.</param>
    public void LookAgain(PageMirror mirror, Func<PageNumber, WalkResult> peek)
    {
        for (int count = Math.Min(PagesOfStop, _written.Count); count > 0; count--)
        {
            if (_nextWritten >= _written.Count) _nextWritten = 0;
            PageNumber page = _written[_nextWritten];
            ulong word = mirror[page];
            bool holdsIt = PageMirror.IsExecutable(word) && code.IsInNow(PageMirror.FrameOf(word), new(page.Value + 1), peek);
            if (PageMirror.IsExecutable(word) && PageMirror.IsWritable(word) && !holdsIt)
            {
                _nextWritten++;
                continue;
            }

            _written[_nextWritten] = _written[^1];    // one that has lost the right to be written was looked through for the last time
            _written.RemoveAt(_written.Count - 1);
            _ = _isWatched.Remove(page);
            if (holdsIt) Refuse(page);
        }
    }

    private void Watch(PageNumber page, ulong word)
    {
        if (stub.CanRefuseTimeStamps && PageMirror.IsWritable(word) && _isWatched.Add(page)) _written.Add(page);
    }

    private void Refuse(PageNumber page)
    {
        if (!stub.RefusesTimeStamps)
        {
            stub.OrderTimeStamps(areRefused: true);
            _left = _stops;
            _stops = Math.Min(2 * _stops, StopsMax);
        }

        _isKept |= _pages.Count == PageCountMax;
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

    /// <summary>As <see cref="End"/>, and no page is shown.</summary>
    public void Forget()
    {
        End();
        _written.Clear();
        _isWatched.Clear();
    }

    private bool IsHarmless(PageNumber page, ulong word, Func<PageNumber, WalkResult> peek) => !stub.CanRefuseTimeStamps
        || !(PageMirror.IsWritable(word) ? code.IsInNow(PageMirror.FrameOf(word), new(page.Value + 1), peek)
            : code.IsIn(PageMirror.FrameOf(word), new(page.Value + 1), peek));
}
