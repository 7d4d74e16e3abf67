using System.Globalization;

namespace Paging.Guest.Tests;

/// <summary>Debian's gdb goes back in a guest whose history is recorded.</summary>
[Trait("Category", "Slow")]
public sealed class ReverseTests(BuiltPrograms programs)
{
    [Fact]
    public void AStepBackIsToTheInstructionBefore()
    {
        string text = Debug("break corrupt", "continue", ShowPlace("A"), "stepi", ShowPlace("B"), "stepi", "stepi",
            "reverse-stepi", "reverse-stepi", ShowPlace("C"), "reverse-stepi", ShowPlace("D"), "reverse-stepi 100",
            ShowPlace("E"), "stepi 100", ShowPlace("F"), "kill").Said;
        Assert.Equal(After(text, "A"), After(text, "D"));
        Assert.Equal(After(text, "B"), After(text, "C"));
        Assert.NotEqual(After(text, "A"), After(text, "E"), StringComparer.Ordinal);
        Assert.Equal(After(text, "A"), After(text, "F"));
    }

    [Fact]
    public void AStepBackIsOverASystemCall()
    {
        (string text, Outcome guest) = Debug("break write", "continue", "finish", "print inputLength", "watch inputLength", "continue",
            "reverse-continue", "delete", "tbreak read", "reverse-continue", "stepi 3", ShowPlace("A"), "reverse-finish",
            "next", "continue", "kill");
        Assert.Contains("Old value = 0\nNew value = 5", text, StringComparison.Ordinal);
        Assert.Contains("Old value = 5\nNew value = 0", text, StringComparison.Ordinal);
        Assert.Contains("Temporary breakpoint 3", text, StringComparison.Ordinal);
        Assert.Equal("written\n5 of four\n, ticks\n", guest.Output);
    }

    [Fact]
    public void ReverseContinueStopsAtTheLastBreakpoint()
    {
        string text = Debug("break finish", "continue", "break add", "reverse-continue", "print name", "reverse-continue", "print name",
            "reverse-continue", "print name", "reverse-continue", "kill").Said;
        int three = text.IndexOf("\"three\"", StringComparison.Ordinal), two = text.IndexOf("\"two\"", three + 1, StringComparison.Ordinal);
        Assert.True(three > 0 && two > three && text.IndexOf("\"one\"", two + 1, StringComparison.Ordinal) > two, text);
        Assert.Contains("No more reverse-execution history.", text, StringComparison.Ordinal);
    }

    /// <summary>A program that crashes over a broken list, and the store that has broken it.</summary>
    [Fact]
    public void AWatchpointFindsTheStoreThatHasBrokenTheHeap()
    {
        string text = Debug("continue", "watch -l victim->next", "reverse-continue", "bt", ShowPlace("A"),
            "monitor lastwrite 0", "python gdb.execute('monitor lastwrite %x' % int(gdb.parse_and_eval('&victim->next')))",
            "delete", "continue", "kill").Said;
        Assert.Contains("received signal SIGSEGV", text, StringComparison.Ordinal);
        Assert.Contains("in corrupt ()", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split("received signal SIGSEGV").Length - 1);    // forward again to the same end
        Assert.Contains("No store to it since the history began.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void TheLastStoreIsOneCommandAway()
    {
        string text = Debug("break finish", "continue", "python address = int(gdb.parse_and_eval('&victim->next'))",
            "python gdb.execute('monitor lastwrite %x' % address)", "python gdb.execute('monitor lastwrite %x 4' % (address - 12))",
            "monitor lastwrite", "python gdb.execute('monitor lastwrite %x' % int(gdb.parse_and_eval('&input')))", "watch -l victim->next",
            "reverse-continue", ShowPlace("A"), "printf \"B0x%08x\\n\", $esp", "python gdb.execute('monitor lastwrite %x' % address)",
            "printf \"C0x%08x\\n\", $esp", "kill").Said;
        string place = After(text, "A");
        Assert.Contains($"Stored by {place} (", text, StringComparison.Ordinal);    // before it was gone to
        Assert.Contains(": 65727321 in place of ", text, StringComparison.Ordinal);
        Assert.Contains(": 73697874 in place of 74776f00", text, StringComparison.Ordinal);    // "sixt", "two"
        Assert.Contains("666f7572 in place of 00000000", text, StringComparison.Ordinal);    // by read(2)
        Assert.Contains("lastwrite ADDRESS [LENGTH]", text, StringComparison.Ordinal);
        Assert.Equal(After(text, "B"), After(text, "C"));
    }

    /// <summary>The program's output appears once, and its end is the same, however often it has gone back and forth.</summary>
    [Fact]
    public void ForwardAgainIsTheSameAndPrintsNothingTwice()
    {
        (string text, Outcome guest) = Debug("break finish", "continue", "print ticks", "print work", "delete", "reverse-continue",
            "break finish", "continue", "print ticks", "print work", "delete", "finish", "reverse-stepi", "set var work = 1",
            "print work", "kill");
        Assert.Equal(Value(text, 1), Value(text, 3));
        Assert.Equal(Value(text, 2), Value(text, 4));
        Assert.NotEqual("1", Value(text, 5), StringComparer.Ordinal);    // nothing can be changed in the past
        Assert.Equal("written\n5 of four\n, ticks\n", guest.Output);
    }

    [Fact]
    public void AProgramStopsBeforeItsEndAndBeforeItsDeath()
    {
        using GuestRun run = new() { IsRecording = true };
        (string text, Outcome guest) = GdbSession.Execute(run, programs, "gone", "continue", "monitor recording", "reverse-stepi",
            "continue", "continue");
        Assert.Contains("history from 0 to ", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split("No more reverse-execution history").Length - 1);
        Assert.Contains("exited", text, StringComparison.Ordinal);
        using GuestRun plain = new();
        Assert.Equal(plain.AsGuest(plain.Install(programs.Find("gone"), "gone")).Output, guest.Output);
    }

    [Fact]
    public void WhileThereAreThreadsThereIsNoHistory()
    {
        using GuestRun run = new() { IsRecording = true };
        string text = GdbSession.Execute(run, programs, "debugged", "break add", "continue", "monitor recording", "reverse-stepi",
            "delete", "continue", "monitor recording", "reverse-stepi", "kill").Said;
        Assert.Contains("There is no history: the program has threads.", text, StringComparison.Ordinal);
        Assert.Contains("No more reverse-execution history.", text, StringComparison.Ordinal);
        Assert.Contains(" moments, ", text, StringComparison.Ordinal);    // it began anew when the thread had ended
    }

    private (string Said, Outcome Guest) Debug(params string[] commands)
    {
        using GuestRun run = new() { IsRecording = true, Input = "four\n" };
        return GdbSession.Execute(run, programs, "reversed", commands);
    }

    private static string ShowPlace(string mark) => $"printf \"{mark}0x%08x\\n\", $eip";

    private static string After(string text, string mark)
    {
        int at = text.IndexOf(mark + "0x", StringComparison.Ordinal);
        Assert.True(at >= 0, text);
        return text.Substring(at + mark.Length, "0x00000000".Length);
    }

    private static string Value(string text, int number)
    {
        string mark = string.Create(CultureInfo.InvariantCulture, $"${number} = ");
        int at = text.IndexOf(mark, StringComparison.Ordinal);
        Assert.True(at >= 0, text);
        return text[(at + mark.Length)..].Split('\n')[0];
    }
}
