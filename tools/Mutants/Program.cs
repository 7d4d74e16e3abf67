using Paging.Fuzz.Changes;

namespace Paging.Mutants;

/// <summary>The steps of <c>tools/mutants.py</c>: <c>make</c> compiles all mutants, <c>run</c> tries them.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["make", string response, string folder, string assembly, string list]:
                return new MutantCompiler(response, folder).Make(assembly, list);
            case ["equivalents", string path]:    // member, change and reason of each, for tools/mutants.py
                foreach (ChangeList.Entry entry in ChangeList.Read(path, File.ReadAllLines(path)))
                    foreach (SourceChange one in entry.Changes)
                        Console.WriteLine(string.Join('\t', one.Member, $"{one.Find} {SourceChange.Arrow} {one.Written}", entry.Title));
                return 0;
            case ["run", string tests, string mutated, string coverage, string wanted, string results, string secondsMax]:
                MutantRun run = new(tests, mutated, coverage, results, int.Parse(secondsMax, provider: null));
                run.Start(wanted);
                return 0;
            default:
                Console.Error.WriteLine(
                    "make RESPONSE FOLDER ASSEMBLY LIST | equivalents LIST | run TESTS ASSEMBLY COVERAGE WANTED RESULTS SECONDS");
                return 2;
        }
    }
}
