namespace Paging.Cli.Manual;

/// <summary>The output of <c>paging</c> without arguments: every command, in fifteen lines.</summary>
internal static class ShortHelp
{
    /// <summary>The lines.</summary>
    public const string Text = """
        paging: Linux's memory management in user space, on bit-exact x86-32 page tables

          tour                 stories with pictures on a live engine: begin here
          exercise             questions for a course; the engine checks the answers
          view, walk           a run or core in the browser, step by step; tables of a memory image
          script, record       run scenarios on the engine, or on this host's own kernel
          run, fuzz            an i386 program: run it, or let afl-fuzz feed it
          exec, layout         the memory map and the layout of an i386 program
          replay, tlb          page replacement policies, and TLBs, on traces
          conform, adapter     check another implementation of the memory calls
          vad, pfn, address    the insides of a Windows scenario
          store                swap devices, snapshots and campaigns in a shared store
          doctor               check this host for the tools that these commands need
          completion, man      completion for bash, zsh and fish; the manual page

        Options and examples: paging COMMAND --help. All commands: paging --help.

        """;
}
