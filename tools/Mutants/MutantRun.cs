using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;

namespace Paging.Mutants;

/// <summary>
/// Tries mutants in one process: the tests that reach a mutant until one fails, those first that noticed its neighbours,
/// then the quickest of each class.
/// </summary>
/// <remarks>
/// Lines of the results: <c>begin N</c> before a mutant, then <c>N noticed TEST WHY</c>, <c>N survived COUNT</c>, <c>N uncovered</c>,
/// <c>N hangs TEST</c>, or <c>spoiled N</c> when the same test fails without the mutant, too: what ran before has spoiled the process.
/// After that, or a crash, the caller starts a new process with what is left.
/// </remarks>
internal sealed class MutantRun
{
    /// <summary>How many mutants an assembly may have: the length of the array in which they note that they were reached.</summary>
    private const int MutantCountMax = 1_000_000;

    /// <summary>Long enough for any test that ends.</summary>
    private const int ExploringSecondsMax = 300;

    /// <summary>Mutants are numbered as they lie in the files: what has noticed the nearest ones is asked first.</summary>
    private const int NearbyCount = 12;

    /// <summary>Of these many, the classes count: their other tests come early.</summary>
    private const int NeighbourhoodCount = 60;

    private readonly string _results, _coverage;
    private readonly int _secondsMax;
    private readonly List<TestCase> _tests;
    private readonly FieldInfo _active, _covered;
    private readonly Dictionary<TestCase, (int Microseconds, HashSet<int> Reached)> _known = [];
    private readonly Dictionary<TestCase, long> _rank = [];    // the time of the quicker tests of its class and its own: classes take turns
    private readonly List<(int Number, string Test)> _noticed = [];
    private string _now = "";
    private long _deadline = long.MaxValue;

    public MutantRun(string tests, string mutated, string coverage, string results, int secondsMax)
    {
        (_results, _coverage, _secondsMax) = (results, coverage, secondsMax);
        string folder = Path.GetDirectoryName(Path.GetFullPath(tests))!;
        AssemblyLoadContext.Default.Resolving += (context, name) => File.Exists(Path.Combine(folder, name.Name + ".dll"))
            ? context.LoadFromAssemblyPath(Path.Combine(folder, name.Name + ".dll"))
            : null;
        Assembly product = AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.Combine(folder, mutated + ".dll"));
        Type choice = product.GetType("MutantSwitch_" + mutated.Replace('.', '_'), throwOnError: true)!;
        (_active, _covered) = (choice.GetField("Active")!, choice.GetField("Covered")!);
        string[] chosen = (Environment.GetEnvironmentVariable("PAGING_MUTANT_TESTS") ?? "").Split(',');    // "": every name begins with it
        _tests = [.. TestCase.Discover(AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.GetFullPath(tests)))
            .Where(test => chosen.Any(name => test.Name.StartsWith(name, StringComparison.Ordinal)))];
    }

    public void Start(string wanted)
    {
        TextWriter own = Console.Out;
        Console.SetOut(TextWriter.Null);
        new Thread(Watch) { IsBackground = true }.Start();
        HashSet<string> known = File.Exists(_coverage) ? [.. File.ReadLines(_coverage).Select(static line => line.Split('\t')[0])] : [];
        Explore([.. _tests.Where(test => !known.Contains(test.Name))], own);
        Read();
        foreach (string line in File.Exists(_results) ? File.ReadAllLines(_results) : [])
        {
            if (line.Split('\t') is [string number, "noticed", string test, ..])
                _noticed.Add((int.Parse(number, CultureInfo.InvariantCulture), test));
        }

        int[] numbers = [.. File.ReadLines(wanted).Select(static line => int.Parse(line, CultureInfo.InvariantCulture))];
        foreach (int number in numbers) Try(number);
        Say("done");
    }

    /// <summary>Runs each test alone, twice: the second time warm, for its time; what it reaches is what both reach.</summary>
    private void Explore(TestCase[] tests, TextWriter own)
    {
        if (tests.Length == 0) return;
        bool[] reached = new bool[MutantCountMax];
        List<string> lines = [];
        foreach (TestCase test in tests)
        {
            Array.Clear(reached);
            _covered.SetValue(null, reached);
            string? failed = Within(test, ExploringSecondsMax);
            _covered.SetValue(null, null);
            long began = Stopwatch.GetTimestamp();
            failed ??= Within(test, ExploringSecondsMax);
            int microseconds = (int)Stopwatch.GetElapsedTime(began).TotalMicroseconds;
            if (failed is not null)
            {
                own.WriteLine($"left out: {test.Name}: {failed}");
                continue;
            }

            IEnumerable<int> numbers = reached.Index().Where(static one => one.Item).Select(static one => one.Index);
            lines.Add($"{test.Name}\t{microseconds}\t{string.Join(' ', numbers)}");
        }

        own.WriteLine($"{lines.Count} of {tests.Length} tests");
        File.AppendAllLines(_coverage, lines);
    }

    private void Read()
    {
        Dictionary<string, TestCase> byName = [];
        foreach (TestCase test in _tests) byName.TryAdd(test.Name, test);
        foreach (string line in File.ReadLines(_coverage))
        {
            string[] parts = line.Split('\t');
            if (!byName.TryGetValue(parts[0], out TestCase? test)) continue;
            HashSet<int> numbers = [.. parts[2].Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(static word => int.Parse(word, CultureInfo.InvariantCulture))];
            _known[test] = (int.Parse(parts[1], CultureInfo.InvariantCulture), numbers);
        }

        foreach (IGrouping<string, TestCase> tests in _known.Keys.GroupBy(static test => ClassOf(test.Name), StringComparer.Ordinal))
        {
            long sum = 0;
            foreach (TestCase test in tests.OrderBy(test => _known[test].Microseconds)) _rank[test] = sum += _known[test].Microseconds;
        }
    }

    private static string ClassOf(string test) => test[..test.IndexOf('.', StringComparison.Ordinal)];

    private void Try(int number)
    {
        Say($"begin {number}");
        string[] neighbours = [.. _noticed.OrderBy(one => Math.Abs(one.Number - number)).Select(static one => one.Test)
            .Take(NeighbourhoodCount)];
        HashSet<string> nearby = [.. neighbours.Take(NearbyCount)];
        Dictionary<string, int> classes = neighbours.CountBy(ClassOf, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        TestCase[] reaching = [.. _known.Where(one => one.Value.Reached.Contains(number))
            .OrderBy(one => nearby.Contains(one.Key.Name) ? 0 : 1)
            .ThenBy(one => _rank[one.Key] / (1 + classes.GetValueOrDefault(ClassOf(one.Key.Name))))
            .Select(static one => one.Key)];
        if (reaching.Length == 0)
        {
            Say($"{number}\tuncovered");
            return;
        }

        long began = Stopwatch.GetTimestamp();
        TimeSpan used = Environment.CpuUsage.TotalTime;    // so that a busy host does not decide what is noticed
        int count = 0;
        foreach (TestCase test in reaching)
        {
            if ((Environment.CpuUsage.TotalTime - used).TotalSeconds > _secondsMax) break;
            if (Stopwatch.GetElapsedTime(began).TotalSeconds > 10 * _secondsMax) break;
            count++;
            _active.SetValue(null, number);
            _now = $"{number}\thangs\t{test.Name}";
            string? failed = Within(test, SecondsMaxOf(test));
            _active.SetValue(null, -1);
            if (failed is null or "skipped") continue;
            _now = $"spoiled {number}";
            string? without = Within(test, SecondsMaxOf(test));
            if (without is not null and not "skipped")
            {
                Say($"spoiled {number}");
                Process.GetCurrentProcess().Kill();
            }

            _noticed.Add((number, test.Name));
            Say($"{number}\tnoticed\t{test.Name}\t{failed}");
            return;
        }

        Say($"{number}\tsurvived\t{count} of {reaching.Length}");
    }

    /// <summary>Some time to start, and twenty times what the test took without a mutant.</summary>
    private int SecondsMaxOf(TestCase test) => 15 + (_known[test].Microseconds / 50_000);

    private string? Within(TestCase test, int seconds)
    {
        Volatile.Write(ref _deadline, Environment.TickCount64 + (seconds * 1000L));
        string? failed = test.Run();
        Volatile.Write(ref _deadline, long.MaxValue);
        return failed;
    }

    private void Watch()
    {
        while (true)
        {
            Thread.Sleep(200);
            if (Environment.TickCount64 < Volatile.Read(ref _deadline)) continue;
            Say(_now);
            Process.GetCurrentProcess().Kill();
        }
    }

    private void Say(string line)
    {
        lock (_results) File.AppendAllText(_results, line + "\n");
    }
}
